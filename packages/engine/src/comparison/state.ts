/** The state of a comparison: a fold over its events, and over what clocks said beside them. */
import type { EnvironmentFacts, IsolationLevel, PolicyFailure, PolicySize } from '@policybook/protocol';
import type { ResourceUsage } from '../resources';
import { measured, unmeasured, type ComparisonEvent, type Measured } from './events';
import type { ComparisonSettings } from './settings';

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
  readonly measured: Measured;
  /** In the order of the seeds, as far as played; `null` for an episode that failed. */
  readonly returns: readonly (number | null)[];
  readonly failure: PolicyFailure | null;
  /** Environment steps of its episodes here. */
  readonly steps: number;
}

export interface ComparisonState {
  readonly comparison: string;
  readonly settings: ComparisonSettings;
  readonly facts: EnvironmentFacts;
  /** In the order in which they entered. */
  readonly policies: readonly ComparedPolicy[];
  /** Empty before they are drawn. */
  readonly seeds: readonly number[];
  /** The lowest level of the jail at which its policies ran; `undefined` before they did. */
  readonly isolationLevel: IsolationLevel | undefined;
  /** `null` while it runs. */
  readonly stopped: Extract<ComparisonEvent, { type: 'comparison_stopped' }> | null;
}

/** One line of the record. */
export interface ComparisonLine {
  readonly event: ComparisonEvent;
  /** As the line's meta has them. */
  readonly measured?: unknown;
  readonly isolationLevel?: IsolationLevel | undefined;
}

type Later = Exclude<ComparisonEvent, { type: 'comparison_declared' }>;

/** A record of no events has no state: `null`. Throws when the first event does not declare the comparison. */
export function foldComparison(lines: Iterable<ComparisonLine>): ComparisonState | null {
  let state: ComparisonState | null = null;
  for (const line of lines) state = advanceComparison(state, line);
  return state;
}

export function advanceComparison(state: ComparisonState | null, line: ComparisonLine): ComparisonState {
  const { event } = line;
  if (event.type === 'comparison_declared') {
    const { comparison, settings, facts } = event;
    return { comparison, settings, facts, policies: [], seeds: [], isolationLevel: undefined, stopped: null };
  }
  if (state === null) throw new Error(`a comparison begins with comparison_declared, not with ${event.type}`);
  const levels = [state.isolationLevel, line.isolationLevel].filter((each) => each !== undefined);
  const level = levels.length === 0 ? undefined : Math.min(...levels);
  return happened({ ...state, isolationLevel: level }, event, line.measured);
}

function happened(state: ComparisonState, event: Later, clocks: unknown): ComparisonState {
  switch (event.type) {
    case 'contestant_loaded':
      return { ...state, stopped: null, policies: [...state.policies, entered(event, clocks)] };
    case 'seeds_drawn':
      return { ...state, stopped: null, seeds: event.seeds };
    case 'block_played':
      return { ...state, stopped: null, policies: state.policies.map((member) => played(member, event)) };
    case 'comparison_stopped':
      return { ...state, stopped: event };
  }
}

function entered(
  event: Extract<ComparisonEvent, { type: 'contestant_loaded' }>,
  clocks: unknown,
): ComparedPolicy {
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
    measured: parsed.success ? parsed.data : unmeasured,
    returns: [],
    failure: null,
    steps: 0,
  };
}

function played(
  member: ComparedPolicy,
  event: Extract<ComparisonEvent, { type: 'block_played' }>,
): ComparedPolicy {
  if (member.contestant !== event.contestant || member.replicate !== event.replicate) return member;
  return {
    ...member,
    returns: [...member.returns.slice(0, event.start), ...event.returns],
    failure: member.failure ?? event.failure ?? null,
    steps: member.steps + (event.usage.steps ?? 0),
  };
}

/** Seeds that every member has played; what goes beyond is in the record and waits for the others. */
export function countCommonEpisodes({ policies }: Pick<ComparisonState, 'policies'>): number {
  return policies.length === 0 ? 0 : Math.min(...policies.map(({ returns }) => returns.length));
}
