/** How probable a false acceptance may be in a comparison. */
import type { RunState } from '../state';

/**
 * Computes the level of the next comparison: the declared one, or under `error_rate: per_run` that of e-LOND (Xu and
 * Ramdas, "Online multiple testing with e-values"): α γ_t (1 + acceptances so far), γ_t = 1 / (t (t + 1)). Betting gives
 * e-values, so the share of the run's acceptances that is expected to be false is at most α, however many comparisons
 * it takes and however they depend on each other. The price is evidence: at the 200th comparison about four times as much.
 */
export function computeNextLevel({
  settings,
  comparisons,
  acceptances,
}: Pick<RunState, 'settings' | 'comparisons' | 'acceptances'>): number {
  const alpha = 1 - settings.acceptance.confidence;
  if (settings.errorRate === 'per_comparison') return alpha;
  const t = comparisons + 1;
  return (alpha * (1 + acceptances)) / (t * (t + 1));
}
