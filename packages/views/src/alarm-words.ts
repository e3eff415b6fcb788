/** Alarms in two or three words, for places where their sentence has no room. */
import type { AlarmCode } from '@policybook/engine';

const words: Readonly<Record<AlarmCode, string>> = {
  zero_variance: 'the same on every seed',
  knife_edge: 'constants on a knife edge',
  seeds_memorised: 'training seeds memorised',
  proxy_rank: 'full episodes rank otherwise',
  lines_readded: 'brings dropped lines back',
  size_without_score: 'grows without score',
  outside_bounds: 'returns outside the bounds',
};

export function alarmWords(code: AlarmCode): string {
  return words[code];
}
