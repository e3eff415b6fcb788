/** The state of a comparison: a fold over its events, and over what clocks said of their subjects. */
import type {
  EnvironmentFacts,
  IsolationLevel,
  PolicyFailure,
  PolicySize,
  ResourceUsage,
} from '@policybook/protocol';
import { measured, UNMEASURED, type ComparisonEvent, type ComparisonEventOf, type Measured } from './events';
import type { RecordedLine } from '../session/event-log';
import type { ComparisonSettings } from './settings';

/** A policy that takes part, and what it has played. */
export interface ComparedPolicy {
  readonly contestant: string;
  readonly replicate: number;
  readonly reference: string | null;
  readonly label: string;
  /** File name under `policies/`. */
  readonly policy: string;
  readonly hash: string;
  readonly size: PolicySize;
  readonly bytes: number;
  readonly usage: ResourceUsage;
  /** Whether who wrote it may have played in the environment where nothing counts it. */
  readonly isUnmetered: boolean;
  readonly measured: Measured;
  /** Its returns in the order of the seeds, as far as it has played; `null` for an episode that failed. */
  readonly returns: readonly (number | null)[];
  /** The seeds of these episodes: the drawn ones, and others where faults of the environment have ended episodes. */
  readonly seeds: readonly number[];
  readonly failure: PolicyFailure | null;
  /** The environment steps of its episodes in this comparison. */
  readonly steps: number;
  /** The episodes that the environment's faults ended, in the places of those that it has played. */
  readonly lost: number;
}

/** What the record of a comparison adds up to. */
export interface ComparisonState {
  readonly comparison: string;
  readonly settings: ComparisonSettings;
  readonly facts: EnvironmentFacts;
  /** The policies in the order in which they entered. */
  readonly policies: readonly ComparedPolicy[];
  /** The seeds; empty before they are drawn. */
  readonly seeds: readonly number[];
  /** The episodes that the environment's faults ended, and what ended the last of them; `null` for none. */
  readonly lost: { readonly episodes: number; readonly fault: string } | null;
  /** The lowest isolation level at which its policies ran; `undefined` before they did. */
  readonly isolationLevel: IsolationLevel | undefined;
  /** `null` while it runs. */
  readonly stopped: ComparisonEventOf<'comparison_stopped'> | null;
}

/** One line of a comparison's record. */
export type ComparisonLine = RecordedLine<ComparisonEvent>;

type LaterEvent = Exclude<ComparisonEvent, { type: 'comparison_declared' }>;

/** Folds a whole record into its state; `null` for one of no events. Throws when the first event does not declare the comparison. */
export function foldComparison(lines: Iterable<ComparisonLine>): ComparisonState | null {
  let state: ComparisonState | null = null;
  for (const line of lines) state = advanceComparison(state, line);
  return state;
}

/** Advances the state by one more line. Throws when the first event does not declare the comparison. */
export function advanceComparison(state: ComparisonState | null, line: ComparisonLine): ComparisonState {
  const { event } = line;
  if (event.type === 'comparison_declared') {
    const { comparison, settings, facts } = event;
    const nothing = { policies: [], seeds: [], lost: null, isolationLevel: undefined, stopped: null };
    return { comparison, settings, facts, ...nothing };
  }
  if (state === null) throw new Error(`a comparison begins with comparison_declared, not with ${event.type}`);
  const levels = [state.isolationLevel, line.isolationLevel].filter((each) => each !== undefined);
  const level = levels.length === 0 ? undefined : Math.min(...levels);
  return applyEvent({ ...state, isolationLevel: level, stopped: null }, event, line.measured);
}

/** Applies an event. One that follows a stop belongs to a later session, in which the comparison is running again. */
function applyEvent(state: ComparisonState, event: LaterEvent, clocks: unknown): ComparisonState {
  switch (event.type) {
    case 'contestant_loaded':
      return { ...state, policies: [...state.policies, createPolicy(event, clocks)] };
    case 'seeds_drawn':
      return { ...state, seeds: event.seeds };
    case 'block_played':
      return { ...state, policies: state.policies.map((policy) => addBlock(policy, event, state.seeds)) };
    case 'episodes_lost':
      return {
        ...state,
        lost: { episodes: (state.lost?.episodes ?? 0) + event.episodes, fault: event.fault },
      };
    case 'recomputed_differently':
      return state;
    case 'comparison_stopped':
      return { ...state, stopped: event };
  }
}

function createPolicy(event: ComparisonEventOf<'contestant_loaded'>, clocks: unknown): ComparedPolicy {
  const { contestant, replicate, reference, label, policy, hash, size, bytes, usage } = event;
  const parsed = measured.safeParse(clocks);
  return {
    contestant,
    replicate,
    reference,
    label,
    policy,
    hash,
    size,
    bytes,
    usage,
    isUnmetered: event.unmetered === true,
    measured: parsed.success ? parsed.data : UNMEASURED,
    returns: [],
    seeds: [],
    failure: null,
    steps: 0,
    lost: 0,
  };
}

function addBlock(
  policy: ComparedPolicy,
  event: ComparisonEventOf<'block_played'>,
  drawn: readonly number[],
): ComparedPolicy {
  if (policy.contestant !== event.contestant || policy.replicate !== event.replicate) return policy;
  const seeds = event.seeds ?? drawn.slice(event.start, event.start + event.returns.length);
  return {
    ...policy,
    returns: [...policy.returns.slice(0, event.start), ...event.returns],
    seeds: [...policy.seeds.slice(0, event.start), ...seeds],
    failure: policy.failure ?? event.failure ?? null,
    steps: policy.steps + (event.usage.steps ?? 0),
    lost: policy.lost + (event.usage.lost ?? 0),
  };
}

/** Whether episodes were played and every one of them failed, so that nothing can be said of any return. */
export function hasOnlyFailed({ policies }: Pick<ComparisonState, 'policies'>): boolean {
  const returns = policies.flatMap((policy) => policy.returns);
  return returns.length > 0 && returns.every((value) => value === null);
}

/** Counts the seeds that every policy has played; what one has played beyond stays in the record and waits for the others. */
export function countCommonEpisodes({ policies }: Pick<ComparisonState, 'policies'>): number {
  return policies.length === 0 ? 0 : Math.min(...policies.map(({ returns }) => returns.length));
}
