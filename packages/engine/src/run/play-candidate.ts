/** How a candidate plays outside of comparisons. */
import { findNearbyBounds } from '../acceptance/return-bounds';
import type { CandidateId } from '../events';
import type { PlayedEpisodes, PlayOptions } from '../session/episode-runner';
import { requireText, type RunContext } from './context';

/**
 * Plays seeds until the candidate's first failure, for which it is to be rejected. One that was champion was shown to be good: its
 * failed episode counts as the lower bound, and is no failure.
 */
export async function playCandidate(
  context: RunContext,
  id: CandidateId,
  seeds: readonly number[],
  options: PlayOptions,
): Promise<PlayedEpisodes> {
  const { log, runner } = context;
  const { state } = log;
  const text = requireText(context, id);
  if (!state.championHistory.some(({ candidate }) => candidate === id))
    return runner.play(text, seeds, options);
  const played = await runner.playThrough(text, seeds, findNearbyBounds(state).low, options);
  return { ...played, failure: null };
}
