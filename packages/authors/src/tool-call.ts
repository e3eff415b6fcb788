/** Tools that a model may call, and its calls, in the words that chat completions and responses have in common. */
/** The description of a tool that a model gets. */
export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A model's call of a tool. */
export interface ToolCall {
  /** The server's name for the call, which the answer to it repeats. */
  readonly id: string;
  readonly name: string;
  /** JSON, as the model has written it. */
  readonly arguments: string;
}
