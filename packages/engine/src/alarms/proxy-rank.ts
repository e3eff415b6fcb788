/** Shortened episodes that rank policies in another order than full ones do. */
import { formatQuantity } from '@policybook/protocol';
import { computeMean, summarise } from '../acceptance/score';
import { formatNumber } from '../format-number';
import { createAlarm, type AlarmRule } from './rule';

/** Standard errors by which an earlier champion must be ahead: an alarm asks for a look and decides nothing. */
const CLEAR_STANDARD_ERRORS = 2;

/** Raises an alarm where an earlier champion is clearly ahead over full episodes. */
export const checkProxyRank: AlarmRule = (event) => {
  if (event.type !== 'proxy_checked') return [];
  const champion = event.candidates.at(-1);
  if (champion === undefined) return [];
  const ahead = event.candidates.slice(0, -1).flatMap(({ candidate, returns }) => {
    const gaps = returns.map((value, index) => value - (champion.returns[index] ?? value));
    const { mean, deviation, episodes } = summarise(gaps, 0, 0);
    return mean > (CLEAR_STANDARD_ERRORS * deviation) / Math.sqrt(episodes)
      ? [{ candidate, mean: computeMean(returns) }]
      : [];
  });
  const [best] = ahead.sort((a, b) => b.mean - a.mean);
  if (best === undefined) return [];
  const message =
    `over full episodes of up to ${formatQuantity(event.steps, 'step')} @${best.candidate} returns ${formatNumber(best.mean)} and ` +
    `@${champion.candidate} ${formatNumber(computeMean(champion.returns))}: the shortened episodes rank them in the other order.`;
  return [createAlarm('proxy_rank', champion.candidate, message)];
};
