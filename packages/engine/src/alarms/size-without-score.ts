/** Text that grows while the score does not. */
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { requireCandidate, type Candidate, type RunState } from '../state';
import { formatNumber } from '../format-number';
import { createAlarm, type AlarmRule } from './rule';

/** The factor from which on more syntax nodes count as growth. */
const MAX_GROWTH = 1.5;
/** The number of candidates in a row that are looked at together. */
const MIN_CANDIDATES = 6;

/** Raises an alarm where the champion, or what its author proposes, grows without a gain of the minimum effect. */
export const checkSizeWithoutScore: AlarmRule = (event, state) => {
  const latest = state.championHistory.at(-1);
  if ((event.type !== 'challenger_compared' && event.type !== 'candidate_raced') || latest === undefined)
    return [];
  const champion = requireCandidate(state, latest.candidate);
  const message = describeGrownChampion(champion, state) ?? describeGrownCandidates(champion, state);
  return message === null ? [] : [createAlarm('size_without_score', champion.id, message)];
};

/** Describes a champion that is much larger than an earlier one and not better by the minimum effect; `null` for none. */
function describeGrownChampion(champion: Candidate, state: RunState): string | null {
  const minEffect = findMinEffect(state, findNearbyBounds(state));
  for (const { candidate } of state.championHistory) {
    const earlier = requireCandidate(state, candidate);
    const gain = (champion.score?.mean ?? 0) - (earlier.score?.mean ?? 0);
    if (champion.size.nodes < MAX_GROWTH * earlier.size.nodes || gain >= minEffect) continue;
    return (
      `@${champion.id} has ${champion.size.nodes} syntax nodes, @${earlier.id} had ${earlier.size.nodes}, and scores ` +
      `${formatNumber(gain)} more: less than the minimum effect of ${formatNumber(minEffect)}.`
    );
  }
  return null;
}

/** Describes candidates of the author that are larger than the champion, of which none was promoted; `null` for none. */
function describeGrownCandidates(champion: Candidate, state: RunState): string | null {
  const latest = [...state.candidates.values()].slice(-4 * MIN_CANDIDATES).filter(({ id, kind, verdict }) => {
    return id > champion.id && kind === 'structural' && verdict !== 'rejected';
  });
  if (latest.length < MIN_CANDIDATES) return null;
  const nodes = latest
    .slice(-MIN_CANDIDATES)
    .map(({ size }) => size.nodes)
    .sort((a, b) => a - b);
  const median = nodes[MIN_CANDIDATES >> 1] ?? 0;
  if (median < MAX_GROWTH * champion.size.nodes) return null;
  return (
    `the latest ${MIN_CANDIDATES} candidates have a median of ${median} syntax nodes, @${champion.id} has ` +
    `${champion.size.nodes}, and none of them was promoted.`
  );
}
