/** The state of a run: a fold over its events, and nothing else. */
import type { Alarm, Audit, CandidateId, GainKind, RunEvent, RunEventType, Score, Verdict } from './events';
import type {
  EnvironmentFacts,
  PolicyFailure,
  PolicySize,
  ResourceTotals,
  SeenRange,
} from '@policybook/protocol';
import type { RunSettings } from './settings';

/** The event of one type. */
export type EventOf<T extends RunEventType> = Extract<RunEvent, { type: T }>;

/** What is known of one candidate. */
export interface Candidate {
  readonly id: CandidateId;
  readonly generation: number;
  readonly parent: CandidateId | null;
  /** A second candidate that was joined with the parent; `null` for none. */
  readonly joined: CandidateId | null;
  /** By how much its author expected its mean return to be above that of its parent; `null` for no prediction. */
  readonly expected: number | null;
  readonly kind: GainKind;
  readonly label: string;
  readonly idea: string;
  /** The name of the one that wrote it of a run's several authors; `null` where none of several did. */
  readonly author: string | null;
  /** The file of the call that wrote it, under `calls/`; `null` where no model's answer did. */
  readonly call: string | null;
  /** File name under `policies/`. */
  readonly policy: string;
  readonly hash: string;
  /** SHA-256 of the syntax tree; `null` when the text does not parse. */
  readonly treeHash: string | null;
  /** Whether its author calls it what everything else must beat. */
  readonly baseline: boolean;
  /** The number of its constants marked `# tune:`. */
  readonly tunable: number;
  /** Says which constants are marked and with which ranges; `null` where none is. */
  readonly marks: string | null;
  /** Whether its constants were looked for, whatever came of it. */
  readonly tuned: boolean;
  readonly size: PolicySize;
  /** Lines that an earlier head had dropped; `null` where it brings none back. */
  readonly readded: NonNullable<EventOf<'candidate_proposed'>['readded']> | null;
  /** Every training return so far, by seed. */
  readonly training: ReadonlyMap<number, number>;
  /** Its returns on seeds that had no part in choosing it, by seed: of comparisons, and those of a measurement. */
  readonly fresh: ReadonlyMap<number, number>;
  /** What it returned on the golden cases, which are part of no score; `null` before it has played them. */
  readonly golden: GoldenReturns | null;
  /** The number of seeds that were drawn so far for its comparisons as a challenger. */
  readonly drawn: number;
  /** The number of seeds that were drawn so far to measure it alone. */
  readonly measured: number;
  /** The earlier candidate whose actions it repeats by a smaller text, and whose episodes count as its own; `null` for none. */
  readonly actsAs: CandidateId | null;
  /** The least and the greatest of its returns so far; `null` before any. */
  readonly observed: { readonly low: number; readonly high: number } | null;
  /** The score over all of its fresh episodes, or of a first champion over its training episodes; `null` before either. */
  readonly score: Score | null;
  readonly verdict: Verdict | 'rejected' | 'dropped' | 'first' | null;
  /** The comparison that was left undecided last, which goes on where it ended; `null` for none. */
  readonly undecided: UndecidedComparison | null;
  /** Why it was rejected, where it failed; `null` otherwise. */
  readonly failure: PolicyFailure | null;
  /** The earlier candidate that it was found to be the same as; `null` otherwise. */
  readonly duplicateOf: CandidateId | null;
  /** Whether the user has rejected it: it is not to be chosen. */
  readonly isRejectedByUser: boolean;
  /** What the run had used when the candidate's latest score was known: its place on the x axis of figures. */
  readonly at: ResourceTotals;
}

/** What a candidate returned on the golden cases of the settings. */
export interface GoldenReturns {
  /** One a case, in their order; `null` where a fault of the environment has ended the episode, which decides nothing. */
  readonly returns: readonly (number | null)[];
  /** The minimum effect when it played them. */
  readonly minEffect: number;
}

/** What a comparison that goes on has to keep: the test holds only within what was fixed before its first pair. */
export interface UndecidedComparison extends Pick<
  EventOf<'challenger_compared'>,
  'champion' | 'test' | 'alpha' | 'minEffect'
> {
  readonly bounds: Omit<EventOf<'challenger_compared'>['bounds'], 'clipped'>;
}

/** One promotion: which candidate was promoted, for which kind of gain, and when. */
export interface ChampionEntry {
  readonly candidate: CandidateId;
  readonly kind: GainKind;
  readonly score: Score;
  readonly at: ResourceTotals;
}

/** What random actions have shown of an environment. */
export interface Probed {
  /** Sentences about it. */
  readonly findings: readonly string[];
  /** The ranges of coordinates that were seen. */
  readonly ranges: readonly SeenRange[];
}

/** Which candidate became head, and when. */
export interface HeadEntry {
  readonly candidate: CandidateId;
  /** Its mean return as it was estimated then. */
  readonly estimate: number;
  readonly at: ResourceTotals;
}

/** What the user has accepted as the run's result. */
export interface Acceptance {
  readonly candidate: CandidateId;
  /** How many candidates there were: nothing else of them is head for as long as this holds; see `choice/accepted.ts`. */
  readonly among: number;
}

/** The latest race: a generation on its training seeds. */
export interface Race {
  readonly generation: number;
  readonly entrants: number;
  /** The number of training seeds that the candidate has played which played most. */
  readonly seeds: number;
  /** The episodes of all races, this one included. */
  readonly episodes: number;
}

/** What an author wants to remember. */
export interface AuthorNote {
  readonly generation: number;
  readonly text: string;
}

/** What was known when an author was asked. */
export interface TurnStart {
  readonly generation: number;
  /** What the head's mean return was estimated to be when it became head; `null` where there was no head. */
  readonly estimate: number | null;
  /** What the limits of the budget had counted. */
  readonly spent: ResourceTotals;
}

/** One turn of one of several authors. */
export interface MemberTurn extends TurnStart {
  /** The author's number, from 1. */
  readonly member: number;
  readonly name: string;
  /** Whether it said then that it has nothing more to propose. */
  readonly isExhausted: boolean;
}

/** What the events of a run add up to. */
export interface RunState {
  readonly run: string;
  readonly settings: RunSettings;
  readonly facts: EnvironmentFacts;
  readonly generation: number;
  readonly candidates: ReadonlyMap<CandidateId, Candidate>;
  /**
   * The best estimate, from which the search goes on and which the run hands over; `null` before the first, and in records of
   * earlier versions, where the champion stands for it.
   */
  readonly head: CandidateId | null;
  /** What the user has accepted last; `null` where that is nothing, or was taken back. */
  readonly accepted: Acceptance | null;
  /** All heads in their order, with what the run had used when each became head; the last one is the head. */
  readonly headHistory: readonly HeadEntry[];
  /** In the order of their promotions; the last one is the champion. */
  readonly championHistory: readonly ChampionEntry[];
  readonly findings: readonly string[];
  /** What a probe for the author has found, whose sentences `findings` have too; `null` where none was made. */
  readonly probed: Probed | null;
  /** What the author wants to remember, in the order in which it said so. */
  readonly notes: readonly AuthorNote[];
  /** What the author cannot do in this environment, as it said first; `null` where it can. */
  readonly limitation: string | null;
  /** What the user has said to the author while the run learned, in order. */
  readonly userNotes: readonly string[];
  /** Whether who wrote policies of the run may have played in the environment where no budget of the run counts it. */
  readonly isUnmetered: boolean;
  /** The files of the calls that wrote the proposals of the latest answer, in their order or one for all; empty for none. */
  readonly answerCalls: readonly string[];
  /** Whether the author has said that it has nothing more to propose. */
  readonly isAuthorExhausted: boolean;
  /** The turns of a run's several authors, in their order; empty where it has one. */
  readonly memberTurns: readonly MemberTurn[];
  /** What the author's latest turn began with; `null` before the first. */
  readonly turnStart: TurnStart | null;
  /** Why the author gave no answer when it was asked last; `null` where it gave one. */
  readonly authorFailure: string | null;
  readonly usage: ResourceTotals;
  /** What the recorded calls had cost whose answers the author took from another run. It is no part of `usage`. */
  readonly replayed: ResourceTotals;
  /** What ended the episode that was lost last to a fault of the environment; `null` where none was. */
  readonly fault: string | null;
  readonly race: Race | null;
  readonly comparisons: number;
  /** The number of comparisons after which the challenger was promoted. */
  readonly acceptances: number;
  /** A bound on the false acceptances to be expected among them: what each comparison risked, added up. */
  readonly falseAcceptances: number;
  readonly alarms: readonly Alarm[];
  /** The latest look at how the champion bears constants that are a little off. */
  readonly jittered: EventOf<'constants_jittered'> | null;
  /** What the simplifier found last; `null` before it had its turn. */
  readonly simplified: EventOf<'simplifier_finished'> | null;
  /** Whether champions were played at full length. */
  readonly isProxyChecked: boolean;
  /** The least and the greatest return seen in whole episodes; `null` before any. */
  readonly observed: { readonly low: number; readonly high: number } | null;
  /** The number of returns outside the declared bounds; where none were declared, of those that a comparison clipped. */
  readonly outside: number;
  /** The audits in their order. They are no part of the run: its usage leaves them out, and so does every decision. */
  readonly audits: readonly Audit[];
  /** `null` while it runs; an interrupted run that goes on is running again. */
  readonly stopped: Extract<RunEvent, { type: 'run_stopped' }> | null;
}

/** Reads the returns on the golden cases from the episodes that were played for them. */
export function readGoldenReturns(
  { golden = [] }: Pick<RunSettings, 'golden'>,
  { seeds, returns }: Pick<EventOf<'golden_played'>['played'], 'seeds' | 'returns'>,
): GoldenReturns['returns'] {
  return golden.map(({ seed }, index) => (seeds[index] === seed ? (returns[index] ?? null) : null));
}

/** Returns the candidate of that number; throws where there is none. */
export function requireCandidate(state: RunState, id: CandidateId): Candidate {
  const candidate = state.candidates.get(id);
  if (candidate === undefined) throw new Error(`there is no candidate ${id}`);
  return candidate;
}
