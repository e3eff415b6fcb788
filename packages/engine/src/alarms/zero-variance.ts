/** The same return on every seed: one number, however often it was measured. */
import type { CandidateId, Score } from '../events';
import { alarm, told, type Rule } from './rule';

/** Fewer may be alike by chance where returns are counts. */
const fewestEpisodes = 8;

export const zeroVariance: Rule = (event) => {
  if (event.type === 'challenger_compared') return of(event.challenger, event.challengerScore);
  return event.type === 'champion_changed' ? of(event.candidate, event.score) : [];
};

function of(candidate: CandidateId, { deviation, mean, episodes }: Score) {
  if (deviation !== 0 || episodes < fewestEpisodes) return [];
  const message =
    `@${candidate} returned exactly ${told(mean)} on each of ${episodes} seeds. ` +
    'That is one number and no sample: either it is all that there is to get, or seeds do not reach what is scored.';
  return [alarm('zero_variance', candidate, message)];
}
