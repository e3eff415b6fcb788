/** What a run says of a head that leads the champion without having been shown to. */
import { findNearbyBounds } from '../acceptance/return-bounds';
import { findAccepted } from '../choice/accepted';
import { collectPairs, scoreDifference } from '../choice/candidate-pairs';
import { formatNumber } from '../format-number';
import type { RunState } from '../state';
import { findUnprovenLead } from './prove';

/** Formats as "@9 leads the champion @2 by 40 [-47, 119] over 35 common seeds, which is not shown on fresh ones; about 180 more episodes would decide". */
export function formatLead(state: RunState, lead = findUnprovenLead(state)): readonly string[] {
  if (lead === null) return [];
  const { head, champion, episodes } = lead;
  // What the user has accepted need not be the best estimate.
  const estimate = findAccepted(state) === head ? '' : 'the best estimate, and ';
  const bounds = findNearbyBounds(state, [head, champion]);
  const difference = scoreDifference(state, collectPairs(state, head, champion), bounds);
  if (difference === null)
    return [`@${head} ${estimate && `is ${estimate}`}was not compared with the champion @${champion}`];
  const { mean, low, high, episodes: pairs } = difference;
  const interval = `${formatNumber(mean)} [${formatNumber(low)}, ${formatNumber(high)}] over ${pairs} ${state.settings.environment.unrepeatable === true ? 'episodes' : 'common seeds'}`;
  const more = episodes === null ? '' : `; about ${roundEpisodes(episodes)} more episodes would decide`;
  // Its estimate is by all that is known, and its lead on common seeds alone may be none.
  if (mean <= 0)
    return [
      `@${head} is ${estimate}not shown to be better than the champion @${champion}: ${interval}${more}`,
    ];
  return [`@${head} leads the champion @${champion} by ${interval}, which is not shown on fresh ones${more}`];
}

/** Rounds up to two digits: it is a forecast. */
function roundEpisodes(episodes: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(episodes)) - 1);
  return Math.ceil(episodes / unit) * unit;
}
