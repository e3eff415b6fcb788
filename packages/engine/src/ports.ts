/** What the loop needs from outside the engine. Implementations live elsewhere; expected failures are values. */
import type { CandidateEpisode } from './episodes/candidate-episode';
import type { KeptEpisode } from './episodes/kept-episode';
import type { KeptTrace } from './episodes/kept-trace';
import type { AuthorMember, CandidateId, ReplayedAnswer, RunEvent, UserMessage } from './events';
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
  PolicyFailure,
  ResourceUsage,
  Result,
} from '@policybook/protocol';
import type { MachineObservations } from './machine-observations';
import type { RunSettings } from './settings';
import type { Probed, RunState } from './state';

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
  /** Whether everything else must beat it: it becomes the first champion, whatever is proposed with it. */
  readonly baseline?: boolean | undefined;
  /** The candidate that it was made of; by default the head. */
  readonly parent?: CandidateId | undefined;
  /** A second candidate that was joined with the parent; absent for none. */
  readonly joined?: CandidateId | undefined;
  /** By how much its author expects its mean return to be above that of its parent; absent for no prediction. */
  readonly expected?: number | undefined;
}

/** What is left of each budget that repeats exactly; never negative, `null` is unlimited. */
export type BudgetLeft = Readonly<Record<CountedBudgetName, number | null>>;

/** What an author gets to make proposals from. */
export interface AuthorRequest {
  /** The number of the run's generation, from 0. */
  readonly generation: number;
  /** How often this author was asked before: another number where a run has several authors. */
  readonly ownGeneration: number;
  readonly settings: RunSettings;
  readonly facts: EnvironmentFacts;
  readonly state: RunState;
  /** Returns the text of any candidate. */
  readonly source: (candidate: CandidateId) => string;
  /** Reads the episodes that count for any candidate, with how each went. The same request reads the same. */
  readonly episodes: (candidate: CandidateId) => Promise<readonly CandidateEpisode[]>;
  /**
   * Plays an episode that counts for a candidate once more and follows what it does, which no budget counts. `null` where that is
   * not possible, or comes out differently: the environment does not repeat.
   */
  readonly replay: (candidate: CandidateId, seed: number) => Promise<KeptTrace | null>;
  /**
   * Says how differently a candidate acts without each part of its text, and with each marked constant moved, on what it observes in
   * episodes that count for it. They are played once more, which no budget counts. `null` where `replay` would give none.
   */
  readonly ablate: (candidate: CandidateId, seeds: readonly number[]) => Promise<AblatedPolicy | null>;
  /** What the run may still spend, author included; `null` is unlimited. */
  readonly left: BudgetLeft;
  /** Parses a text and plays one episode by it, before it is proposed: an author may mend what fails. */
  readonly check: (source: string) => Promise<PolicyCheck>;
  /** What else it may have done before it answers. */
  readonly tools: AuthorTools;
  readonly signal: AbortSignal;
  /** Takes what the evaluator reports of work that the author has it do, so that its CPU time counts while it runs. */
  readonly onProgress?: ((progress: EvaluatorProgress) => void) | undefined;
  /** Takes what the author does or waits for, for people; absent where nothing watches. */
  readonly onActivity?: ((activity: string) => void) | undefined;
  /** Takes how far the answer of a sample has come, and `null` when it comes no more; absent where nothing watches. */
  readonly onAnswering?: ((sample: number, answer: PendingAnswer | null) => void) | undefined;
}

/** What the parts of a policy do, and by which part of its range each constant was moved. */
export interface AblatedPolicy extends Omit<MethodResult<'policy.ablate'>, 'usage'> {
  readonly movedPart: number;
}

/** How far an answer of a model has come: for people who watch, and no part of any record. */
export interface PendingAnswer {
  /** Since it was asked for. */
  readonly seconds: number;
  /** Estimated from the length of what has come. */
  readonly tokens: number;
  /** The first line of its idea; `null` before that has come. */
  readonly idea: string | null;
  /** The end of what the model says to itself, where its server sends that. */
  readonly reasoning: string;
  /** The end of the answer's text. */
  readonly content: string;
}

/**
 * What an author may have done before it answers. Each use is an event of the run, which charges what it took. Asked again with
 * the same request, an author makes the same uses in the same order.
 */
export interface AuthorTools {
  /** The episodes that may still be played for this answer, of which the run keeps a part; Infinity without a limit. */
  readonly episodesLeft: number;
  /** Plays random actions for a short while, where a twentieth of the budget pays for an episode, and says what they show. */
  probe(): Promise<ToolResult<ProbedEnvironment>>;
  /** Plays a text on the first `episodes` seeds of the run's tools, which are the same for every text. */
  evaluate(source: string, episodes: number): Promise<ToolResult<EvaluatedPolicy>>;
  /**
   * Plays a text on one of these seeds, by its place from 0, and follows what it does. `what` says what that is to people: a policy is
   * traced, and a text that plays given actions in order probes the environment.
   */
  trace(source: string, place: number, what: 'trace' | 'probe'): Promise<ToolResult<KeptTrace>>;
  /** Looks for better values of a text's constants that are marked `# tune:`, in at most so many episodes. */
  tune(source: string, episodes: number): Promise<ToolResult<TunedPolicy>>;
  /** Records the use of a tool that plays nothing: `message` says for people what it was. */
  note(tool: string, message: string): Promise<void>;
  /** The same tools, whose uses are recorded as those of one of several authors. */
  by(member: AuthorMember): AuthorTools;
}

/** What a tool answers; a failure is the policy's own, or `null` where the budget forbids the use. */
export type ToolResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly failure: PolicyFailure | null };

/** What random actions show of an environment. */
export interface ProbedEnvironment extends Probed {
  /** What that took, which its event has charged. */
  readonly usage: ResourceUsage;
}

/** What a text has played. */
export interface EvaluatedPolicy {
  readonly episodes: readonly CandidateEpisode[];
  /** Why it could not be played further; `null` where it could. */
  readonly failure: PolicyFailure | null;
}

/** A text with its constants tuned. */
export interface TunedPolicy {
  readonly source: string;
  readonly generations: MethodResult<'tune'>['generations'];
}

/** What came of a text that was tried. */
export interface PolicyCheck {
  /** Why it cannot be played; `null` where it can. */
  readonly failure: PolicyFailure | null;
  /** What trying it took, which the author's answer adds to its own usage. */
  readonly usage: ResourceUsage;
}

/** What an author answers. */
export interface AuthorAnswer {
  readonly proposals: readonly Proposal[];
  readonly findings: readonly string[];
  /** What the author wants to remember; later prompts have it. Absent for nothing. */
  readonly notes?: readonly string[] | undefined;
  /** What the author cannot do in this environment, in sentences that people see first; absent where it can. */
  readonly limitation?: string | null;
  /** Whether who wrote it may have played in the environment where no budget of the run counts it; absent for no. */
  readonly isUnmetered?: boolean | undefined;
  /** Whether the author has nothing more to propose, whatever is scored. */
  readonly exhausted: boolean;
  /** Why it has nothing more, as the beginning of a sentence; absent where it has tried all that it knows. */
  readonly ending?: string;
  /** The name of the recorded call under `calls/`; `null` for an author that calls no model. */
  readonly call: string | null;
  /** The names of the calls before it whose texts could not be played, in their order; absent for none. */
  readonly repaired?: readonly string[] | undefined;
  /** The names of the calls before it that used tools or asked for texts of candidates, in their order; absent for none. */
  readonly earlierCalls?: readonly string[] | undefined;
  /** The call of each proposal, where they come from several; absent where `call` is that of all. */
  readonly proposalCalls?: readonly string[];
  /** The steps of the episodes that were traced for its prompt; absent for none. */
  readonly tracedSteps?: number | undefined;
  /** Which of several authors answered; absent where there is one. */
  readonly member?: AuthorMember;
  /** Present where the answer comes from the record of another run; `usage` has no part of what that cost. */
  readonly replayed?: ReplayedAnswer;
  readonly usage: ResourceUsage;
  /** The CPU seconds that it used on this machine; absent for none. A clock's matter, and no part of an event. */
  readonly cpuSeconds?: number | undefined;
  /** What ended an episode of its own that was lost; absent where none was. */
  readonly fault?: string | undefined;
}

/** An author that gives no answer, and what it had spent by then. */
export interface AuthorFailure extends Failure {
  /** The name of the recorded call under `calls/`; `null` where there was none. */
  readonly call: string | null;
  /** Which of several authors it is; absent where there is one. */
  readonly member?: AuthorMember;
  /** Present where answers from the record of another run came before it, or it is recorded itself. */
  readonly replayed?: ReplayedAnswer;
  readonly usage: ResourceUsage;
  /**
   * Whether asking again now would fail in the same way, as with a refused key or a server that is down. The session ends at once,
   * no generation is spent and nothing is recorded: the next session asks for the same generation, and the author's own record
   * knows what has been spent on it.
   */
  readonly isLasting: boolean;
  /** Whether what lasts passes by itself, as an outage does: the run is paused, and there is nothing to mend. Absent for no. */
  readonly isOutage?: boolean | undefined;
}

/** What an author has in common with others of its kind, so that nothing asks for an author's name. */
export interface AuthorTraits {
  /** Whether it calls models, so that budgets of calls, tokens and money bound it. */
  readonly spendsModelCalls: boolean;
  /** Whether each of its answers is a sample of its own: it has not stalled because the last ones were no better. */
  readonly hasIndependentSamples: boolean;
  /** Whether the words that a user says to a run reach it; absent for no. */
  readonly readsWords?: boolean;
  /** Whether it is not the evaluator that answers, so that no time of an answer follows from what the run has spent; absent for no. */
  readonly answersFromOutside?: boolean;
  /** How many authors it is made of, each of which may still improve where the others have stalled; absent for one. */
  readonly memberCount?: number;
}

/**
 * An author writes policies. Asked again with the same request (by a run that was killed before its proposals were
 * recorded), it must give the same answer: a model author through its `CallLog`, a search by being deterministic.
 */
export interface Author extends AuthorTraits {
  /** Its name in the cell language, which events record. */
  readonly kind: string;
  /**
   * Makes the next proposals. A failure of an author that calls models is recorded with what it cost; that of any other ends
   * the session. The answer must come soon after `signal` aborts.
   */
  propose(request: AuthorRequest): Promise<Result<AuthorAnswer, AuthorFailure>>;
  /** Ends what it keeps open for the session, which is over; `state` is what the run has come to, `null` where an error ended it. Absent for nothing. */
  close?(state: RunState | null): Promise<void>;
}

/** What a run has taken in time, and how policies were confined; never compared between repetitions. */
export interface Clocks extends MachineObservations, ClockReadings {}

/** The run folder, with one writer. */
export interface Journal {
  /**
   * Writes an event with `clocks` in its line's meta: the run's totals so far, earlier sessions included. It resolves
   * when the event is as safe as `isDurable` of `event-table.ts` says.
   */
  append(event: RunEvent, clocks: Clocks): Promise<void>;
  /** Writes a policy's text once and returns its file name, `NNNN-HASH.py`. */
  keepPolicy(candidate: CandidateId, hash: string, source: string): Promise<string>;
  /** Reads the text kept under this file name. */
  readPolicy(file: string): Promise<string>;
  /** Keeps episodes of the policy with this hash, before any event speaks of them. Called again, it may keep them twice. */
  keepEpisodes(hash: string, episodes: readonly KeptEpisode[]): Promise<void>;
  /** Reads what is kept of episodes of the policy with this hash, by their seeds; of one that was kept twice, the later. */
  readEpisodes(hash: string): Promise<ReadonlyMap<number, KeptEpisode>>;
}

/** The model calls of a run: an intent is durable before the call, and the raw response before it is parsed. */
export interface CallLog {
  /** Whether it holds all the calls there will be, so that nothing may be asked of anybody; absent where it does not. */
  readonly isClosed?: boolean;
  /**
   * Finds the request and the response that an interrupted run recorded under the hash of this request. A log that holds
   * all the calls there will be throws where it has none: an author must ask it before it connects to anything.
   */
  find(hash: string, request: Json): Promise<{ request: Json; response: Json | null } | undefined>;
  /** Records, durably, that the call is about to be made. */
  intend(hash: string, request: Json): Promise<void>;
  /** Records the raw response to an intended call. */
  answer(hash: string, response: Json): Promise<void>;
}

/**
 * Folders by which somebody outside is asked for policies and leaves them: one for each conversation, with a number for its name.
 * They are no part of the record. What cannot be read or written rejects with an error that says which path and why.
 */
export interface RequestFolders {
  /** Finds the number after the greatest that is there, as a folder's name: `0001`. */
  findNext(): Promise<string>;
  /** Returns the absolute path of a folder or of a file in it. */
  locate(folder: string, file?: string): string;
  /** Makes a folder with these files, by their paths within it; it appears whole. One that is there stays as it is, and the files are not asked for. */
  make(folder: string, writeFiles: () => Promise<ReadonlyMap<string, string>>): Promise<void>;
  /** Writes a file whole, unless it is there. */
  write(folder: string, file: string, text: string): Promise<void>;
  /** Whether there is a file of this name. */
  has(folder: string, file: string): Promise<boolean>;
  /** Reads a file; `null` where there is none. A symbolic link, and a file of more bytes than `mostBytes`, is refused. */
  read(folder: string, file: string, mostBytes: number): Promise<string | null>;
  /** Gives a file another name; where there is none, it does nothing. */
  rename(folder: string, file: string, name: string): Promise<void>;
  /** Writes a file beside the folders, where there are any, in the place of an earlier one; `null` takes it away. */
  post(file: string, text: string | null): Promise<void>;
}

/** A clock that a session measures wall time by. */
export interface Clock {
  /** Returns milliseconds that never go back. */
  now(): number;
  /** Calls `action` once, so many milliseconds from now; the function that it returns takes that back. */
  callAfter(milliseconds: number, action: () => void): () => void;
}

/** Where a run stands between events, for a progress line. */
export interface RunProgress {
  /** What is being done, for people: "racing 4 candidates", "comparing @7 with @3". */
  readonly activity: string;
  /** The episodes of the whole run, requests under way included. */
  readonly episodes: number;
  readonly steps: number;
  /** The speed of the requests under way. */
  readonly stepsPerSecond: number;
  /** The answer that a model is giving; absent for none. */
  readonly answering?: PendingAnswer;
}

/** What the user has said to a run and the loop has not taken yet. */
export interface Inbox {
  /** Takes the earliest; `null` where nothing has been said. */
  take(): UserMessage | null;
}

/** What watches a run. It is called in order and not awaited; recorded events of a resumed run are not repeated. */
export interface RunObserver {
  onEvent(event: RunEvent, state: RunState, clocks: Clocks): void;
  onProgress(progress: RunProgress): void;
}
