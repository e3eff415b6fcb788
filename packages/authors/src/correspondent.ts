/** Who an author's conversation is with: a model, a program, or somebody who answers by files. */
import type { AuthorFailure, AuthorRequest } from '@policybook/engine';
import type { ResourceUsage, Result } from '@policybook/protocol';
import type { ChatTurn } from './chat-stream';
import type { Prompt, PromptOptions } from './prompt';
import type { ToolCall, ToolDescription } from './tool-call';

/** Who is asked for a policy in words, and answers in words. */
export interface Correspondent {
  /** What it is called in the label of a policy that it has given none. */
  readonly name: string;
  /** How prompts to it are written. */
  readonly prompts: PromptOptions;
  /** How often an answer that cannot be played is handed back to it, at most. */
  readonly mostRepairs: number;
  /** Asks for the next answer; the same conversation gets the same answer, from its record. */
  ask(request: AuthorRequest, said: SaidSoFar): Promise<Result<SpokenAnswer, AuthorFailure>>;
}

/** What has gone before a call in its conversation. */
export interface SaidSoFar {
  readonly prompt: Prompt;
  readonly turns: readonly ChatTurn[];
  readonly usage: ResourceUsage;
  /** What it may have done before it answers; absent for nothing. */
  readonly tools?: readonly ToolDescription[];
}

/** One answer, and what it cost. */
export interface SpokenAnswer {
  readonly call: string;
  readonly usage: ResourceUsage;
  readonly content: string;
  /** The tools that it calls before it goes on; absent for none. */
  readonly toolCalls?: readonly ToolCall[];
}
