/** The survivor with the greatest mean training return; the earlier of two equals. */
import { meanOf } from '../acceptance/score';
import type { Selection } from './selection';

export const bestMean: Selection = {
  challenger(survivors) {
    const ranked = survivors.map(({ candidate, returns }) => ({ candidate, mean: meanOf(returns) }));
    ranked.sort((a, b) => b.mean - a.mean || a.candidate - b.candidate);
    return ranked[0]?.candidate ?? null;
  },
};
