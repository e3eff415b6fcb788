/** Text that grows while the score does not. */
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { computeMean } from '../acceptance/score';
import { collectPairs } from '../choice/candidate-pairs';
import { requireCandidate, type Candidate, type RunState } from '../state';
import { formatNumber } from '../format-number';
import { createAlarm, type AlarmRule } from './rule';

/** The factor from which on more syntax nodes count as growth. */
const MAX_GROWTH = 1.5;
/** The number of candidates in a row that are looked at together. */
const MIN_CANDIDATES = 6;

/** Raises an alarm where the head, or what its author proposes, grows without a gain of the minimum effect. */
export const checkSizeWithoutScore: AlarmRule = (event, state) => {
  if ((event.type !== 'head_changed' && event.type !== 'candidate_raced') || state.head === null) return [];
  const head = requireCandidate(state, state.head);
  const message = describeGrownHead(head, state) ?? describeGrownCandidates(head, state);
  return message === null ? [] : [createAlarm('size_without_score', head.id, message)];
};

/** Describes a head that is much larger than an earlier one and not better by the minimum effect; `null` for none. */
function describeGrownHead(head: Candidate, state: RunState): string | null {
  const minEffect = findMinEffect(state, findNearbyBounds(state));
  for (const { candidate } of state.headHistory) {
    const earlier = requireCandidate(state, candidate);
    if (head.size.nodes < MAX_GROWTH * earlier.size.nodes) continue;
    const { values, others } = collectPairs(state, head.id, earlier.id);
    const gain = computeMean(values) - computeMean(others);
    if (values.length === 0 || gain >= minEffect) continue;
    return (
      `@${head.id} has ${head.size.nodes} syntax nodes, @${earlier.id} had ${earlier.size.nodes}, and scores ` +
      `${formatNumber(gain)} more on common seeds: less than the minimum effect of ${formatNumber(minEffect)}.`
    );
  }
  return null;
}

/** Describes candidates of the author that are larger than the head, of which none became head; `null` for none. */
function describeGrownCandidates(head: Candidate, state: RunState): string | null {
  const latest = [...state.candidates.values()].slice(-4 * MIN_CANDIDATES).filter(({ id, kind, verdict }) => {
    return id > head.id && kind === 'structural' && verdict !== 'rejected';
  });
  if (latest.length < MIN_CANDIDATES) return null;
  const nodes = latest
    .slice(-MIN_CANDIDATES)
    .map(({ size }) => size.nodes)
    .sort((a, b) => a - b);
  const median = nodes[MIN_CANDIDATES >> 1] ?? 0;
  if (median < MAX_GROWTH * head.size.nodes) return null;
  return (
    `the latest ${MIN_CANDIDATES} candidates have a median of ${median} syntax nodes, @${head.id} has ` +
    `${head.size.nodes}, and none of them is estimated to be better.`
  );
}
