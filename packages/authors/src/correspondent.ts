/** Who an author's conversation is with: a model, a program, or somebody who answers by files. */
import type { AuthorFailure, AuthorRequest } from '@policybook/engine';
import type { ResourceUsage, Result } from '@policybook/protocol';
import { createFailure } from './author-failure';
import type { ChatTurn } from './chat-request';
import type { Prompt, PromptOptions } from './prompt';
import { NotRecordedError } from './replayed-calls';
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
  /** Which of several conversations of one generation it is, from 0; absent where there is one. */
  readonly sample?: number;
  readonly prompt: Prompt;
  readonly turns: readonly ChatTurn[];
  readonly usage: ResourceUsage;
  /** What it may have done before it answers; absent for nothing. */
  readonly tools?: readonly ToolDescription[];
}

/** Asks for the next answer. That there is none in a record which holds all of them is a failure as any other. */
export async function askCorrespondent(
  correspondent: Correspondent,
  request: AuthorRequest,
  said: SaidSoFar,
): Promise<Result<SpokenAnswer, AuthorFailure>> {
  try {
    return await correspondent.ask(request, said);
  } catch (error) {
    if (error instanceof NotRecordedError)
      return createFailure(error.code, error.message, { call: null, usage: {} });
    throw error;
  }
}

/** One answer, and what it cost. */
export interface SpokenAnswer {
  readonly call: string;
  readonly usage: ResourceUsage;
  readonly content: string;
  /** The tools that it calls before it goes on; absent for none. */
  readonly toolCalls?: readonly ToolCall[];
}
