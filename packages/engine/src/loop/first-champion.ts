/** Somebody must be champion before anybody can be challenged: the first candidate that works, measured alone. */
import { returnBounds } from '../acceptance/return-bounds';
import { scoreOf } from '../acceptance/score';
import { affordableEpisodes, budgetLeft } from '../budget/budget';
import type { CandidateId } from '../events';
import { seedsFor } from '../seeds';
import { raiseAlarms } from './alarm';
import { candidateOf, textOf, type Context, type Outcome } from './context';
import { rejection } from './enter';
import { Stopped } from './stopped';

/** A first champion is measured on few seeds of its own: the episodes are for those who might be better. */
const part = 0.04;
const [fewestSeeds, mostSeeds] = [8, 64];
/** Worth up to a tenth of a small budget: a sample that texts can be held against, see `twins.ts`. */
const [sample, partOfSmall] = [16, 0.1];

/** Seeds that a first champion is worth where so many episodes are left. */
export function seedsWorth(affordable: number): number {
  const small = Math.min(sample, Math.floor(partOfSmall * affordable));
  const worth = Math.max(fewestSeeds, small, Math.floor(part * affordable));
  return Math.min(affordable, mostSeeds, worth);
}

/** Crowns the first of `ids` that plays its seeds without failing. */
export async function crownFirst(context: Context, ids: readonly CandidateId[]): Promise<Outcome> {
  for (const id of ids) {
    const episodes = seedsWorth(affordableEpisodes(context.ledger.state));
    if (episodes < 1) return 'unaffordable';
    context.announce(`measuring a first champion, @${id}`);
    const [event] = await context.ledger.barrier(1, ['champion_changed', 'candidate_rejected'], async () => [
      await measure(context, id, episodes),
    ]);
    if (event?.type !== 'champion_changed') continue;
    await raiseAlarms(context, event);
    return 'gained';
  }
  return 'nothing';
}

async function measure(context: Context, id: CandidateId, episodes: number) {
  const { state } = context.ledger;
  const { hash, kind } = candidateOf(state, id);
  const seeds = seedsFor(state.settings.seed, ['first', hash], episodes);
  const { steps } = budgetLeft(state);
  const played = await context.bench.play(textOf(context, id), seeds, { steps, smoke: true });
  const { returns, actions, failure, cost } = played;
  if (failure !== null) return rejection(id, { code: 'failed', failure }, cost);
  if (returns.length === 0) throw new Stopped('budget', 'the budget of steps is spent');
  const score = scoreOf(returns, returnBounds(state, returns), state.settings.acceptance.confidence);
  return {
    type: 'champion_changed' as const,
    candidate: id,
    previous: null,
    kind,
    score,
    played: { seeds: seeds.slice(0, returns.length), returns: [...returns], actions: actions.join('') },
    cost,
  };
}
