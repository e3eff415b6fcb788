/** How candidates play the golden cases, on which no later head or champion may lose. */
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { findLongestEpisode, readBudgetLeft } from '../budget/budget';
import { hasPlayedGolden, isRefused, judgeGoldenReturns } from '../choice/golden';
import type { CandidateId } from '../events';
import { readGoldenReturns, requireCandidate, type EventOf, type RunState } from '../state';
import { createRejection } from './admit';
import type { RunContext } from './context';
import { playCandidate } from './play-candidate';

/** Whether a candidate loses no golden case; it plays them where it has not. Where the budget forbids that, it is not known to. */
export async function holdsGolden(context: RunContext, id: CandidateId): Promise<boolean> {
  if (!hasPlayedGolden(context.log.state, id) && !(await playGolden(context, id))) return false;
  const { state } = context.log;
  const candidate = requireCandidate(state, id);
  return candidate.verdict !== 'rejected' && !isRefused(state, candidate);
}

/** Has a candidate play the golden cases, in which it may fail; returns whether the budget allowed it. */
export async function playGolden(context: RunContext, id: CandidateId): Promise<boolean> {
  if (!canAffordGolden(context.log.state)) return false;
  context.announce(`playing golden cases with @${id}`);
  await context.log.recordOrReplay(1, ['golden_played', 'candidate_rejected'], async () => [
    await playCases(context, id),
  ]);
  return true;
}

/** Whether the episodes and steps left carry all cases: a part of them would say nothing. */
function canAffordGolden(state: RunState): boolean {
  const { episodes, steps } = readBudgetLeft(state);
  const count = state.settings.golden?.length ?? 0;
  return count <= (episodes ?? Infinity) && count * findLongestEpisode(state.facts) <= (steps ?? Infinity);
}

async function playCases(
  context: RunContext,
  candidate: CandidateId,
): Promise<EventOf<'golden_played' | 'candidate_rejected'>> {
  const { state } = context.log;
  const { golden = [] } = state.settings;
  const { steps } = readBudgetLeft(state);
  const { seeds, returns, actions, failure, usage } = await playCandidate(
    context,
    candidate,
    golden.map(({ seed }) => seed),
    { steps },
  );
  if (failure !== null) return createRejection(candidate, { code: 'failed', failure }, usage);
  const played = { seeds: [...seeds], returns: [...returns], actions: actions.join('') };
  const minEffect = findMinEffect(state, findNearbyBounds(state));
  const losses = judgeGoldenReturns(state, candidate, {
    returns: readGoldenReturns(state.settings, played),
    minEffect,
  });
  return { type: 'golden_played', candidate, played, minEffect, losses, usage };
}
