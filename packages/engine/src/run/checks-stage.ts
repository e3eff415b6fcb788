/**
 * Looks at the head that a run would end with, for what its score does not say: does it bear constants that are a
 * little off, and do full episodes rank champions as shortened ones did? What is found is an alarm and decides nothing.
 */
import { addUsage, trimUsage } from '@policybook/protocol';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { scorePairs, computeScore } from '../acceptance/score';
import { countAffordableEpisodes, readBudgetLeft, findLongestEpisode } from '../budget/budget';
import type { CandidateId } from '../events';
import { deriveSeeds } from '../seeds';
import type { Candidate, EventOf, RunState } from '../state';
import { raiseAlarms } from './raise-alarms';
import { listPairedPositions, pickValues, playPaired } from '../session/paired-episodes';
import { findChampion, findHead, requireText, type RunContext } from './context';

/** The part of its range by which a constant moves at most. */
const JITTER_RANGE_SHARE = 0.05;
/** The number of draws, one seed each; the text as written plays as many episodes. */
const JITTER_DRAWS = 64;
/** The number of champions that are played at full length, and of seeds for each. */
const MAX_PROXY_CHAMPIONS = 4;
const FULL_LENGTH_SEEDS = 32;
/** The part of the episodes left that one check may take. */
const CHECKS_BUDGET_SHARE = 0.5;

/** Runs the checks that are wanted, that the budget allows and that the champion has not had. */
export async function runChecksStage(context: RunContext): Promise<void> {
  const subject = findHead(context.log.state);
  if (subject === null || subject.isRejectedByUser) return;
  if (wantsJitter(context.log.state, subject)) await checkJitter(context, subject);
  await checkProxy(context);
}

function wantsJitter(state: RunState, { id, tunable }: Candidate): boolean {
  return (
    tunable > 0 &&
    state.jittered?.candidate !== id &&
    canAfford(state, 2 * JITTER_DRAWS, findLongestEpisode(state.facts))
  );
}

function canAfford(state: RunState, episodes: number, longest: number): boolean {
  return (
    episodes <= CHECKS_BUDGET_SHARE * countAffordableEpisodes(state) &&
    episodes * longest <= (readBudgetLeft(state).steps ?? Infinity)
  );
}

async function checkJitter(context: RunContext, subject: Candidate): Promise<void> {
  context.announce(`moving the constants of @${subject.id}`);
  const [event] = await context.log.recordOrReplay(1, ['constants_jittered'], async () => [
    await playJittered(context, subject),
  ]);
  if (event !== undefined) await raiseAlarms(context, event);
}

async function playJittered(context: RunContext, subject: Candidate): Promise<EventOf<'constants_jittered'>> {
  const { log, runner } = context;
  const { settings } = log.state;
  const seeds = deriveSeeds(settings.seed, ['jitter', subject.hash], JITTER_DRAWS);
  const [seed = 0] = deriveSeeds(settings.seed, ['jitter draws', subject.hash], 1);
  const bounds = findNearbyBounds(log.state);
  const source = requireText(context, subject.id);
  const [result, written] = await Promise.all([
    runner.jitter(source, JITTER_RANGE_SHARE, seeds, seed),
    runner.playThrough(source, seeds, bounds.low),
  ]);
  // Where a fault of the environment has ended a draw's episode or the text's, the two are no pair.
  const moved = result.ok ? result.value : { seeds, returns: seeds.map(() => null) };
  const pairs = listPairedPositions([moved.seeds, written.seeds], settings.environment);
  const returns = pickValues<number | null>(moved.returns, pairs);
  const writtenReturns = pickValues(written.returns, pairs);
  const failed = returns.filter((value) => value === null).length;
  const usage = result.ok
    ? trimUsage(result.value.usage)
    : trimUsage({ episodes: JITTER_DRAWS, steps: 0, modelSteps: 0 });
  const jittered = returns.map((value) => value ?? bounds.low);
  return {
    type: 'constants_jittered',
    candidate: subject.id,
    part: JITTER_RANGE_SHARE,
    seeds: pickValues(moved.seeds, pairs),
    jittered,
    written: writtenReturns,
    ...(failed > 0 && { failed }),
    score: computeScore(jittered, bounds, settings.acceptance.confidence),
    difference: scorePairs(jittered, writtenReturns, bounds, settings.acceptance.confidence),
    usage: addUsage(usage, written.usage),
  };
}

/** Plays whole episodes of the latest champions where the declaration cuts episodes short. */
async function checkProxy(context: RunContext): Promise<void> {
  const { state } = context.log;
  const steps = state.facts.fullEpisodeSteps;
  const latest = [...new Set(state.championHistory.map(({ candidate }) => candidate))].slice(
    -MAX_PROXY_CHAMPIONS,
  );
  const champion = findChampion(state);
  if (steps === null || state.isProxyChecked || champion === null || latest.length < 2) return;
  if (!canAfford(state, latest.length * FULL_LENGTH_SEEDS, steps)) return;
  context.announce('playing champions at full length');
  const seeds = deriveSeeds(state.settings.seed, ['full episodes', champion.hash], FULL_LENGTH_SEEDS);
  const [event] = await context.log.recordOrReplay(1, ['proxy_checked'], async () => [
    await playFullEpisodes(context, latest, seeds, steps),
  ]);
  if (event !== undefined) await raiseAlarms(context, event);
}

async function playFullEpisodes(
  context: RunContext,
  champions: readonly CandidateId[],
  seeds: readonly number[],
  steps: number,
): Promise<EventOf<'proxy_checked'>> {
  const { state } = context.log;
  const environment = { ...state.settings.environment, maxEpisodeSteps: null };
  const { low } = findNearbyBounds(state);
  const played = await playPaired<number>(
    champions.map(
      (id) => (each) => context.runner.playThrough(requireText(context, id), each, low, { environment }),
    ),
    seeds,
    { environment },
  );
  const positions = listPairedPositions(
    played.map((side) => side.seeds),
    environment,
  );
  return {
    type: 'proxy_checked',
    steps,
    seeds: pickValues(played[0]?.seeds ?? [], positions),
    candidates: champions.map((candidate, index) => ({
      candidate,
      returns: pickValues(played[index]?.returns ?? [], positions),
    })),
    usage: played.reduce((sum, { usage }) => addUsage(sum, usage), {}),
  };
}
