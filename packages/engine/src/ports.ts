/** What the loop needs of the world. Implementations live outside the engine; expected failures are values. */
import type { FollowedEpisode } from './trajectory-hashes';
import type { CandidateId, RunEvent } from './events';
import type {
  ClockReadings,
  CountedBudgetName,
  EnvironmentFacts,
  EvaluatorMethod,
  EvaluatorProgress,
  Failure,
  MethodParams,
  MethodResult,
  Json,
  ResourceUsage,
  Result,
} from '@policybook/protocol';
import type { MachineObservations } from './machine-observations';
import type { RunSettings } from './settings';
import type { RunState } from './state';

/** The evaluator kernel. Requests are idempotent; an aborted one answers with code `cancelled`. */
export interface Evaluator {
  request<M extends EvaluatorMethod>(
    method: M,
    params: MethodParams<M>,
    options: { signal: AbortSignal; onProgress?: (progress: EvaluatorProgress) => void },
  ): Promise<Result<MethodResult<M>>>;
}

/** A policy that an author proposes. */
export interface Proposal {
  readonly label: string;
  readonly idea: string;
  readonly source: string;
  /** What everything else must beat: the first champion as it is, whatever is proposed with it. */
  readonly baseline?: boolean | undefined;
}

/** What is left of each budget that repeats exactly; never negative, `null` is unlimited. */
export type BudgetLeft = Readonly<Record<CountedBudgetName, number | null>>;

/** What an author is asked with. */
export interface AuthorRequest {
  readonly generation: number;
  readonly settings: RunSettings;
  readonly facts: EnvironmentFacts;
  readonly state: RunState;
  /** Text of any candidate. */
  readonly source: (candidate: CandidateId) => string;
  /** What the run may still spend, author included; `null` is unlimited. */
  readonly left: BudgetLeft;
  readonly signal: AbortSignal;
}

/** What an author answers. */
export interface AuthorAnswer {
  readonly proposals: readonly Proposal[];
  readonly findings: readonly string[];
  /** Nothing more to propose, whatever is scored. */
  readonly exhausted: boolean;
  /** Name of the recorded call under `calls/`, for model authors. */
  readonly call: string | null;
  readonly usage: ResourceUsage;
}

/** An author that gives no answer, and what it had spent by then. */
export interface AuthorFailure extends Failure {
  /** Name of the recorded call under `calls/`, if there was one. */
  readonly call: string | null;
  readonly usage: ResourceUsage;
}

/** What an author has in common with others of its kind, so that nothing asks for an author's name. */
export interface AuthorTraits {
  /** It calls models: budgets of calls, tokens and money bound it. */
  readonly spendsModelCalls: boolean;
  /** Each of its answers is a sample of its own: it has not stalled because the last ones were no better. */
  readonly independentSamples: boolean;
}

/**
 * Writes policies. Asked again with the same request (a run killed before its proposals were recorded), it must
 * give the same answer: a model author through its `CallLog`, a search by being deterministic.
 */
export interface Author extends AuthorTraits {
  /** Its name in the cell language, which events record. */
  readonly kind: string;
  /** The next proposals. A failure is recorded with what it cost; it must come soon after `signal` aborts. */
  propose(request: AuthorRequest): Promise<Result<AuthorAnswer, AuthorFailure>>;
}

/** What a run has taken in time, and how policies were confined; never compared between repetitions. */
export interface Clocks extends MachineObservations, ClockReadings {}

/** The run folder, one writer. Resolves when the event is written (durably for intents, answers, acceptances). */
export interface Journal {
  /** Writes an event with `clocks` in its line's meta: the run's totals so far, earlier sessions included. */
  append(event: RunEvent, clocks: Clocks): Promise<void>;
  /** Writes a policy's text once and returns its file name, `NNNN-HASH.py`. */
  keepPolicy(candidate: CandidateId, hash: string, source: string): Promise<string>;
  /** The text kept under this file name. */
  readPolicy(file: string): Promise<string>;
  /** Before any event speaks of them; `hash`: of the policy's text. Asked again, it may keep them twice. */
  keepEpisodes(hash: string, episodes: readonly FollowedEpisode[]): Promise<void>;
}

/** Model calls of a run: intent is durable before the call, the raw response before it is parsed. */
export interface CallLog {
  /** The request and response recorded under this hash by an interrupted run, if any. */
  find(hash: string): Promise<{ request: Json; response: Json | null } | undefined>;
  /** Records, durably, that the call is about to be made. */
  intend(hash: string, request: Json): Promise<void>;
  /** Records the raw response to an intended call. */
  answer(hash: string, response: Json): Promise<void>;
}

/** A clock that a session measures wall time by. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
}

/** Where a run stands between events, for a progress line. */
export interface RunProgress {
  /** For people: "racing 4 candidates", "comparing @7 with @3". */
  readonly activity: string;
  /** Of the whole run, requests under way included. */
  readonly episodes: number;
  readonly steps: number;
  /** Of the requests under way. */
  readonly stepsPerSecond: number;
}

/** What watches a run. It is called in order and not awaited; recorded events of a resumed run are not repeated. */
export interface RunObserver {
  event(event: RunEvent, state: RunState, clocks: Clocks): void;
  progress(progress: RunProgress): void;
}
