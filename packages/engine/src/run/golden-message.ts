/** What a run says of golden cases: which a policy loses, and whether the head holds them all. */
import { formatQuantity } from '@policybook/protocol';
import { findAccepted } from '../choice/accepted';
import { findGoldenLosses, hasPlayedGolden, type GoldenLoss } from '../choice/golden';
import { formatNumber } from '../format-number';
import type { GoldenCase } from '../settings';
import type { Candidate, RunState } from '../state';
import { findHead } from './context';
import { canAffordGolden } from './play-golden';

/** Formats as "loses golden seed 17: -120 after 210, seed 3: 150 where 200 is asked for"; losses are at least one. */
export function formatGoldenLosses(losses: readonly GoldenLoss[]): string {
  return `loses golden ${losses.map(formatLoss).join(', ')}`;
}

function formatLoss({ seed, options, return: value, bar, best }: GoldenLoss): string {
  const wanted =
    best === undefined ? `where ${formatNumber(bar)} is asked for` : `after ${formatNumber(best.return)}`;
  const situation = options === undefined ? '' : ` with ${JSON.stringify(options)}`;
  return `seed ${seed}${situation}: ${formatNumber(value)} ${wanted}`;
}

/** Says of a head that it loses golden cases, and why it is head all the same, or which of them it has not played; nothing else. */
export function formatGoldenHead(state: RunState): readonly string[] {
  const head = findHead(state);
  if (head === null || state.settings.golden === undefined) return [];
  if (!hasPlayedGolden(state, head.id))
    return [
      `@${head.id} has not played the golden cases${canAffordGolden(state) ? ' yet' : ', which the budget did not carry'}`,
    ];
  const losses = findGoldenLosses(state, head);
  if (losses.length === 0) return formatUnplayed(state.settings.golden, head);
  const why =
    findAccepted(state) === head.id
      ? 'it is head because you accepted it'
      : 'no candidate that played the golden cases holds them all';
  return [`@${head.id} ${formatGoldenLosses(losses)}; ${why}`];
}

/** Names the cases that a fault of the environment has ended, which say nothing of the policy. */
function formatUnplayed(cases: readonly GoldenCase[], { id, golden }: Candidate): readonly string[] {
  const unplayed = cases.filter((_, index) => (golden?.returns[index] ?? null) === null);
  if (unplayed.length === 0) return [];
  const seeds = unplayed.map(({ seed }) => `seed ${seed}`).join(', ');
  return [
    `@${id} could not play ${unplayed.length} of ${formatQuantity(cases.length, 'golden case')} (${seeds}), which faults of the environment ended`,
  ];
}
