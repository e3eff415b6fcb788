/** What the loop needs of the world. Implementations live outside the engine; expected failures are values. */
import type { CandidateId, Cost, RunEvent } from './events';
import type {
  EnvironmentFacts,
  EvaluatorMethod,
  EvaluatorProgress,
  MethodParams,
  MethodResult,
} from './evaluator-messages';
import type { Json } from './json';
import type { RunSettings } from './settings';
import type { RunState } from './state';

/** An expected failure: `code` for programs, `message` for people, `detail` for both. */
export interface Failure {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly detail: Json;
}
export type Result<T> = { readonly ok: true; readonly value: T } | Failure;

/** The evaluator kernel. Requests are idempotent; an aborted one answers with code `cancelled`. */
export interface Evaluator {
  request<M extends EvaluatorMethod>(
    method: M,
    params: MethodParams<M>,
    options: { signal: AbortSignal; onProgress?: (progress: EvaluatorProgress) => void },
  ): Promise<Result<MethodResult<M>>>;
}

export interface Proposal {
  readonly label: string;
  readonly idea: string;
  readonly source: string;
}

/** What an author is told. */
export interface AuthorRequest {
  readonly generation: number;
  readonly settings: RunSettings;
  readonly facts: EnvironmentFacts;
  readonly state: RunState;
  /** Text of any candidate. */
  readonly source: (candidate: CandidateId) => string;
  readonly signal: AbortSignal;
}

export interface AuthorAnswer {
  readonly proposals: readonly Proposal[];
  readonly findings: readonly string[];
  /** Nothing more to propose, whatever is scored. */
  readonly exhausted: boolean;
  /** Name of the recorded call under `calls/`, for model authors. */
  readonly call: string | null;
  readonly cost: Cost;
}

/** Writes policies. A failure's `detail` may hold `{call, cost}` for what was spent before it failed. */
export interface Author {
  readonly kind: string;
  propose(request: AuthorRequest): Promise<Result<AuthorAnswer>>;
}

/** The run folder, one writer. Resolves when the event is written (durably for intents, answers, acceptances). */
export interface Journal {
  append(event: RunEvent): Promise<void>;
  /** Writes a policy's text once and returns its file name, `NNNN-HASH.py`. */
  keepPolicy(candidate: CandidateId, hash: string, source: string): Promise<string>;
}

/** Model calls of a run: intent is durable before the call, the raw response before it is parsed. */
export interface CallLog {
  /** Response recorded under this hash by an interrupted run, if any. */
  recorded(hash: string): Promise<{ request: Json; response: Json | null } | undefined>;
  intend(hash: string, request: Json): Promise<void>;
  answer(hash: string, response: Json): Promise<void>;
}

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
}
