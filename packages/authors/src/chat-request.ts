/** What is asked of a model and what it answers, whichever way both go over the wire. */
import type { Json } from '@policybook/protocol';
import type { StreamedText } from './answer-progress';
import type { AnswerLimits } from './answer-limits';
import type { Prompt } from './prompt';
import type { ToolCall, ToolDescription } from './tool-call';
import { estimateTokens, type TokenUsage } from './usage';

/** What goes over the wire, without the transport's own parameters. */
export interface ChatRequest {
  readonly model: string;
  readonly prompt: Prompt;
  /** What was said after the prompt, in turns: the model's answer, and what is asked of it next. Empty at first. */
  readonly turns: readonly ChatTurn[];
  /** What the model may call; absent for nothing. */
  readonly tools?: readonly ToolDescription[];
  readonly temperature: number | null;
  readonly maxTokens: number;
  /** Further fields of the body, as the server knows them. */
  readonly further: Readonly<Record<string, Json>>;
  /** OpenAI's own models want `max_completion_tokens`; most compatible servers know `max_tokens` only. */
  readonly compatible: boolean;
  /** By which of OpenAI's interfaces the model is asked; absent for chat completions. */
  readonly api?: 'responses';
}

/** An answer of the model's, and what was asked next, or what came of the tools that it called. */
export type ChatTurn =
  | { readonly answer: string; readonly request: string; readonly isRepair?: boolean }
  | { readonly answer: string; readonly toolUses: readonly ToolUse[]; readonly isRepair?: never };

/** A call of a tool, and what came of it. */
export interface ToolUse {
  readonly call: ToolCall;
  readonly result: string;
}

/** Estimates the tokens that a request sends: its prompt, and what was said after it. */
export function estimateInput({
  prompt,
  turns,
  tools = [],
}: Pick<ChatRequest, 'prompt' | 'turns' | 'tools'>): number {
  const said = turns.map((turn) => turn.answer + listSaid(turn).join('')).join('');
  const described = tools.length === 0 ? '' : JSON.stringify(tools);
  return estimateTokens(prompt.system + prompt.user + described + said);
}

function listSaid(turn: ChatTurn): string[] {
  return 'request' in turn
    ? [turn.request]
    : turn.toolUses.map(({ call, result }) => call.arguments + result);
}

/** An answer that the server declared complete, cut-off ones included. */
export interface ChatAnswer {
  readonly model: string;
  readonly content: string;
  readonly refusal: string | null;
  /** Tools that the model calls before it goes on; absent for none. */
  readonly toolCalls?: readonly ToolCall[];
  readonly finishReason: string;
  readonly usage: TokenUsage;
}

/** How one attempt is made. */
export interface ChatAttempt {
  readonly key: string;
  readonly limits: AnswerLimits;
  /** Takes what has come so far, with each piece of text. */
  readonly onText?: (text: StreamedText) => void;
  readonly signal: AbortSignal;
}
