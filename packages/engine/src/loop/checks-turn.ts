/**
 * Looks at the champion that a run would end with, for what its score does not say: does it bear constants that are a
 * little off, and do full episodes rank champions as shortened ones did? What is found is an alarm and decides nothing.
 */
import { returnBounds } from '../acceptance/return-bounds';
import { pairedScore, scoreOf } from '../acceptance/score';
import { affordableEpisodes, budgetLeft, longestEpisode } from '../budget/budget';
import type { CandidateId } from '../events';
import { seedsFor } from '../seeds';
import type { Candidate, EventOf, RunState } from '../state';
import { raiseAlarms } from './alarm';
import { addCosts, costOf } from './bench';
import { champion, textOf, type Context } from './context';
import { playThrough } from './play-through';

/** Part of its range by which a constant moves at most. */
const part = 0.05;
/** Draws, one seed each; as many episodes are played by the text as written. */
const draws = 64;
/** Champions that are played at full length, and seeds for each. */
const mostChampions = 4;
const fullSeeds = 32;
/** Part of the episodes left that one look may take. */
const share = 0.5;

export async function checksTurn(context: Context): Promise<void> {
  const subject = champion(context.ledger.state);
  if (subject === null) return;
  if (wantsJitter(context.ledger.state, subject)) await jitter(context, subject);
  await checkProxy(context);
}

function wantsJitter(state: RunState, { id, tunable }: Candidate): boolean {
  return (
    tunable > 0 && state.jittered?.candidate !== id && affords(state, 2 * draws, longestEpisode(state.facts))
  );
}

function affords(state: RunState, episodes: number, longest: number): boolean {
  return (
    episodes <= share * affordableEpisodes(state) &&
    episodes * longest <= (budgetLeft(state).steps ?? Infinity)
  );
}

async function jitter(context: Context, subject: Candidate): Promise<void> {
  context.announce(`moving the constants of @${subject.id}`);
  const [event] = await context.ledger.barrier(1, ['constants_jittered'], async () => [
    await jittered(context, subject),
  ]);
  if (event !== undefined) await raiseAlarms(context, event);
}

async function jittered(context: Context, subject: Candidate): Promise<EventOf<'constants_jittered'>> {
  const { ledger, bench } = context;
  const { settings } = ledger.state;
  const seeds = seedsFor(settings.seed, ['jitter', subject.hash], draws);
  const [seed = 0] = seedsFor(settings.seed, ['jitter draws', subject.hash], 1);
  const bounds = returnBounds(ledger.state);
  const source = textOf(context, subject.id);
  const [answer, written] = await Promise.all([
    bench.jitter(source, part, seeds, seed),
    playThrough(bench, source, seeds, bounds.low),
  ]);
  const returns = answer.ok ? answer.value.returns : seeds.map(() => null);
  const failed = returns.filter((value) => value === null).length;
  const cost = answer.ok ? costOf(answer.value.spent) : costOf({ episodes: draws, steps: 0, modelSteps: 0 });
  const moved = returns.map((value) => value ?? bounds.low);
  return {
    type: 'constants_jittered',
    candidate: subject.id,
    part,
    seeds,
    jittered: moved,
    written: [...written.returns],
    ...(failed > 0 && { failed }),
    score: scoreOf(moved, bounds, settings.acceptance.confidence),
    difference: pairedScore(moved, written.returns, bounds, settings.acceptance.confidence),
    cost: addCosts(cost, written.cost),
  };
}

/** Where the declaration cuts episodes short, the latest champions play whole ones. */
async function checkProxy(context: Context): Promise<void> {
  const { state } = context.ledger;
  const steps = state.facts.fullEpisodeSteps;
  const latest = [...new Set(state.championships.map(({ candidate }) => candidate))].slice(-mostChampions);
  const reigning = champion(state);
  if (steps === null || state.proxyChecked || reigning === null || latest.length < 2) return;
  if (!affords(state, latest.length * fullSeeds, steps)) return;
  context.announce('playing champions at full length');
  const seeds = seedsFor(state.settings.seed, ['full episodes', reigning.hash], fullSeeds);
  const [event] = await context.ledger.barrier(1, ['proxy_checked'], async () => [
    await fullEpisodes(context, latest, seeds, steps),
  ]);
  if (event !== undefined) await raiseAlarms(context, event);
}

async function fullEpisodes(
  context: Context,
  champions: readonly CandidateId[],
  seeds: readonly number[],
  steps: number,
): Promise<EventOf<'proxy_checked'>> {
  const { state } = context.ledger;
  const environment = { ...state.settings.environment, maxEpisodeSteps: null };
  const { low } = returnBounds(state);
  const played = await Promise.all(
    champions.map((id) => playThrough(context.bench, textOf(context, id), seeds, low, { environment })),
  );
  return {
    type: 'proxy_checked',
    steps,
    seeds: [...seeds],
    candidates: champions.map((candidate, index) => ({
      candidate,
      returns: [...(played[index]?.returns ?? [])],
    })),
    cost: played.reduce((sum, { cost }) => addCosts(sum, cost), {}),
  };
}
