/** What the stages of a run work with, and how they find candidates in its state. */
import { findLatestProven } from '../acceptance/proven-champion';
import type { PlannedPlay } from '../choice/plan-round';
import type { KeptTrace } from '../episodes/kept-trace';
import type { CandidateId, RunEvent } from '../events';
import type { AblatedPolicy, Author, Inbox, Journal, PendingAnswer } from '../ports';
import { requireCandidate, type Candidate, type RunState } from '../state';
import type { EpisodeRunner } from '../session/episode-runner';
import type { EventLog } from '../session/event-log';

/** What the stages of one run share. */
export interface RunContext {
  readonly log: EventLog<RunEvent, RunState>;
  readonly runner: EpisodeRunner;
  readonly journal: Journal;
  readonly author: Author;
  readonly inbox: Inbox;
  /** The text of every candidate so far. */
  readonly texts: Map<CandidateId, string>;
  /** The episodes that were replayed for the author in this session, by candidate and seed. */
  readonly replays: Map<string, Promise<KeptTrace | null>>;
  /** What the parts of candidates do, as it was found for the author in this session, by candidate and seeds. */
  readonly ablations: Map<string, Promise<AblatedPolicy | null>>;
  readonly signal: AbortSignal;
  /** Shortens a play where this run repeats another, to what that one played of it; see `reproduced-plays.ts`. */
  readonly limitPlay: (play: PlannedPlay) => PlannedPlay;
  /**
   * Counts the episodes for which there is time, at the pace of the run so far; infinite where wall time limits nothing. It may
   * bound a request whose answer is recorded, and never decides which request is made: a repetition would decide otherwise.
   */
  countTimelyEpisodes(): number;
  /** Says what is being done, for people. */
  announce(activity: string): void;
  /** Says how far the answer of a sample has come, and `null` when it comes no more. */
  noteAnswer(sample: number, answer: PendingAnswer | null): void;
}

/** Whether a stage's turn changed the champion; `over_budget` when the budget forbids the turn. */
export type StageOutcome = 'improved' | 'no_change' | 'over_budget';

/** Finds the champion; `null` before the first one. */
export function findChampion(state: RunState): Candidate | null {
  const latest = state.championHistory.at(-1);
  return latest === undefined ? null : requireCandidate(state, latest.candidate);
}

/** Finds the head; in records of earlier versions the champion. `null` before the first. */
export function findHead(state: RunState): Candidate | null {
  return state.head === null ? findChampion(state) : requireCandidate(state, state.head);
}

/** Finds the policy with which challengers and simplifications are compared; `null` before the first champion. */
export function findProvenChampion(state: RunState): Candidate | null {
  const proven = findLatestProven(state);
  return proven === undefined ? null : requireCandidate(state, proven);
}

/** Returns the text of a candidate; throws where it was not kept. */
export function requireText(context: RunContext, id: CandidateId): string {
  const text = context.texts.get(id);
  if (text === undefined) throw new Error(`no text of candidate ${id}`);
  return text;
}

/** Derives a name for what was made of a candidate; what was made of it before is not repeated. */
export function deriveLabel(label: string, made: 'tuned' | 'simplified'): string {
  return `${label.replace(/(, (tuned|simplified))+$/, '')}, ${made}`;
}
