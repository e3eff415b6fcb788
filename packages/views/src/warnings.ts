/** What makes a reader doubt a score, in words: alarms, weak isolation, a step limit that was nearly reached. */
import type { AlarmCode } from '@policybook/engine';
import type { EnvironmentFacts, IsolationLevel } from '@policybook/protocol';

const ALARM_LABELS: Readonly<Record<AlarmCode, string>> = {
  zero_variance: 'the same on every seed',
  knife_edge: 'depends on exact constants',
  seeds_memorised: 'training seeds memorised',
  proxy_rank: 'full episodes rank otherwise',
  lines_readded: 'brings dropped lines back',
  size_without_score: 'grows without score',
  outside_bounds: 'returns outside the bounds',
  unrepeatable: 'seeds do not repeat',
};

/** The words for alarms, two or three each, where a sentence has no room. */
export function formatAlarm(code: AlarmCode): string {
  return ALARM_LABELS[code];
}

/** From this level on a policy can read nothing but what its imports need, and reach nothing. */
const SUFFICIENT_LEVEL = 3;

const LEVEL_MEANINGS: Readonly<Record<number, string>> = {
  2: 'they could open no file, but Landlock was missing',
  1: 'they could read files and reach the network',
  0: 'nothing confined them but time-outs',
};

/** Formats "policies ran at isolation level 1 of 4: …"; `null` from level 3 on, or where no policy ran. */
export function formatIsolation(level: IsolationLevel | undefined): string | null {
  if (level === undefined || level >= SUFFICIENT_LEVEL) return null;
  return `policies ran at isolation level ${level} of 4: ${LEVEL_MEANINGS[level] ?? ''}`;
}

/** Formats "the environment does not repeat a seed: …", with what follows for a score; `null` where it repeats. */
export function formatUnrepeatable(
  { unrepeatable }: Pick<EnvironmentFacts, 'unrepeatable'>,
  consequence: string,
): string | null {
  return unrepeatable === undefined
    ? null
    : `the environment does not repeat a seed (${unrepeatable}): ${consequence}`;
}

/** Names what differences are over: episodes of one seed are a pair only where the environment repeats it. */
export function namePair({ unrepeatable }: Pick<EnvironmentFacts, 'unrepeatable'>): string {
  return unrepeatable === undefined ? 'pair' : 'unpaired episode';
}

/** Formats "near the step limit: …"; both times are in milliseconds of CPU. */
export function formatStepLimit(slowest: number, limit: number): string {
  return `near the step limit: the slowest step took ${Math.round(slowest)} of ${limit} ms of CPU time, so that it may fail on a slower machine; \`policy: {step: …}\` of %%learn sets the limit`;
}
