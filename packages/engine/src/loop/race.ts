/** Candidates of one generation on its common training seeds: rounds that double for those who are left. */
import { affordableEpisodes } from '../budget/budget';
import type { CandidateId } from '../events';
import type { Standing } from '../racing/racing';
import { seedsFor } from '../seeds';
import type { RunState } from '../state';
import type { Played } from './bench';
import { candidateOf, champion, textOf, type Context } from './context';
import { rejection } from './enter';
import type { EventOf } from './ledger';

type RaceEvent = EventOf<'candidate_raced' | 'candidate_rejected'>;

/** Survivors with all their returns; fewer enter than came, or fewer rounds are run, where the budget ends. */
export async function race(context: Context, entrants: readonly CandidateId[]): Promise<Standing[]> {
  const { racing, seed } = context.ledger.state.settings;
  const { generation } = context.ledger.state;
  let field = entrants.slice(0, Math.floor(affordableEpisodes(context.ledger.state) / racing.seeds));
  let seen = 0;
  while (field.length > (seen === 0 ? 0 : 1) && seen < racing.most) {
    const fresh = Math.min(seen === 0 ? racing.seeds : seen, racing.most - seen);
    if (fresh * field.length > affordableEpisodes(context.ledger.state)) break;
    context.announce(`racing ${field.length} ${field.length === 1 ? 'candidate' : 'candidates'}`);
    const seeds = seedsFor(seed, ['training', generation], fresh, seen);
    const events = await runRound(context, field, seeds);
    field = events.flatMap((event) =>
      event.type === 'candidate_raced' && !event.dropped ? [event.candidate] : [],
    );
    seen += fresh;
  }
  return field.map((id) => standing(context.ledger.state, id));
}

function runRound(context: Context, field: readonly CandidateId[], seeds: readonly number[]) {
  return context.ledger.barrier(field.length, ['candidate_raced', 'candidate_rejected'], async () => {
    const results = await Promise.all(field.map((id) => context.bench.play(textOf(context, id), seeds)));
    return judged(context, field, seeds, results);
  });
}

function judged(
  context: Context,
  field: readonly CandidateId[],
  seeds: readonly number[],
  results: readonly Played[],
): RaceEvent[] {
  const { state } = context.ledger;
  const standings = field.flatMap((id, index) => {
    const result = results[index];
    if (result?.failure !== null) return [];
    return [{ candidate: id, returns: [...standing(state, id).returns, ...result.returns] }];
  });
  const dropped = context.decisions.racing.dropped(standings, champion(state)?.score?.mean ?? null);
  return results.flatMap((result, index): RaceEvent[] => {
    const id = field[index];
    if (id === undefined) return [];
    const { returns, failure, cost } = result;
    if (failure !== null) return [rejection(id, { code: 'failed', failure }, cost)];
    const played = { seeds: [...seeds], returns: [...returns] };
    const { generation } = state;
    return [{ type: 'candidate_raced', candidate: id, generation, played, dropped: dropped.has(id), cost }];
  });
}

function standing(state: RunState, id: CandidateId): Standing {
  return { candidate: id, returns: [...candidateOf(state, id).training.values()] };
}
