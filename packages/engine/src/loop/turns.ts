/** Who proposes when: author, tuner and simplifier take turns, each until it stalls. */
import { affordableEpisodes } from '../budget/budget';
import type { RunSettings } from '../settings';
import type { RunState } from '../state';
import { authorTurn, compete, freshAuthor, type AuthorMemory } from './author-turn';
import { checksTurn } from './checks-turn';
import { champion, type Context, type Outcome } from './context';
import { enter } from './enter';
import { saturated, solved } from './saturation';
import { spentWords } from './spent-words';
import { freshSimplifier, simplifierTurn } from './simplifier-turn';
import { freshTuner, tunerTurn } from './tuner-turn';

/** Part of the budget that the author's first turn leaves to the tuner and the simplifier. */
const reserved = 0.25;
/** Fruitless generations in a row after which an author is taken to have nothing left. */
const mostIdle = 8;

export interface Ending {
  readonly reason: 'exhausted' | 'budget';
  readonly message: string;
}

/** Runs until nobody has anything left, or what is left of the budget is not enough for anything. */
export async function takeTurns(context: Context): Promise<Ending> {
  const author = freshAuthor();
  const tuner = freshTuner();
  const simplifier = freshSimplifier();
  await begin(context);
  for (let round = 0; ; round++) {
    const { settings } = context.ledger.state;
    const kept = round === 0 && (settings.tune || settings.simplify) ? reserved : 0;
    const reserve = kept * affordableEpisodes(context.ledger.state);
    const outcomes = [
      await authorTurn(context, author, Number.isFinite(reserve) ? reserve : 0),
      await tunerTurn(context, tuner),
      await simplifierTurn(context, simplifier),
    ] as const;
    const ending = endingAfter(context.ledger.state, outcomes, author, kept > 0);
    if (ending === null) continue;
    await checksTurn(context);
    return ending;
  }
}

/** Why no further round is worth while; `null` when one is. */
function endingAfter(
  state: RunState,
  outcomes: readonly [author: Outcome, tuner: Outcome, simplifier: Outcome],
  author: AuthorMemory,
  reserve: boolean,
): Ending | null {
  if (saturated(state)) return { reason: 'exhausted', message: 'no gain worth having is left' };
  if (outcomes.includes('gained')) return null;
  if (outcomes[0] === 'unaffordable' && reserve) return null;
  if (outcomes.includes('unaffordable')) return { reason: 'budget', message: spentWords(state) };
  if (author.exhausted) return { reason: 'exhausted', message: 'no proposer has anything left' };
  if (solved(state))
    return { reason: 'exhausted', message: 'solved, and two proposers in a row found no gain' };
  // Independent samples have not stalled because the last ones were no better.
  if (author.idle < mostIdle || isSampled(state.settings)) return null;
  return { reason: 'exhausted', message: 'every proposer has stalled' };
}

function isSampled({ author }: RunSettings): boolean {
  return author.kind === 'openai' && author.memory === 'none';
}

/** The user's own text, where there is one, is the first candidate. */
async function begin(context: Context): Promise<void> {
  const { start } = context.ledger.state.settings;
  if (start === null || champion(context.ledger.state) !== null) return;
  const offer = { kind: 'by_hand', label: 'start', idea: 'The text to start from.', source: start } as const;
  await compete(context, await enter(context, 1, () => Promise.resolve([offer])));
}
