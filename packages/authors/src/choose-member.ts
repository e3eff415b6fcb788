/** Which of a run's several authors is asked next. It follows from the record alone, so that a resumed run asks the same. */
import { countLimited, type AuthorRequest, type MemberTurn, type RunState } from '@policybook/engine';
import { COUNTED_BUDGET_NAMES, countSpent, type ResourceTotals } from '@policybook/protocol';

/** How the next author is chosen. */
export type Choosing = 'turns' | 'stall' | 'bandit';

/** Turns in a row without a gain after which an author has stalled. */
const STALLED_TURNS = 2;

/** What one author's turn has brought and cost. */
interface JudgedTurn extends MemberTurn {
  /** What the head's estimate rose by until the next author was asked; `null` where there was no head before. */
  readonly gain: number | null;
  /** The share of the budget that it took: the greatest over all limits; 1 where nothing limits the run. */
  readonly cost: number;
}

/** Chooses among the authors that have something left to propose, by their numbers from 1; `null` for none. */
export function chooseMember(
  { state }: Pick<AuthorRequest, 'state'>,
  weights: readonly number[],
  choosing: Choosing,
): number | null {
  const exhausted = new Set(
    state.memberTurns.flatMap(({ member, isExhausted }) => (isExhausted ? [member] : [])),
  );
  const open = weights.map((_, index) => index + 1).filter((member) => !exhausted.has(member));
  const turns = judgeTurns(state);
  switch (choosing) {
    case 'turns':
      return takeTurns(open, turns, weights);
    case 'stall':
      return changeOnStall(open, turns);
    case 'bandit':
      return chooseByGain(open, turns);
  }
}

function judgeTurns(state: RunState): JudgedTurn[] {
  const now = { estimate: state.headHistory.at(-1)?.estimate ?? null, spent: countLimited(state) };
  return state.memberTurns.map((turn, index) => {
    const next = state.memberTurns[index + 1] ?? now;
    const gain = turn.estimate === null ? null : (next.estimate ?? turn.estimate) - turn.estimate;
    // The first head of all is a gain that no number says; a turn after which there is still none has brought nothing.
    return {
      ...turn,
      gain: next.estimate === null ? 0 : gain,
      cost: measureShare(state, turn.spent, next.spent),
    };
  });
}

function measureShare(
  { settings: { budget } }: RunState,
  before: ResourceTotals,
  after: ResourceTotals,
): number {
  const shares = COUNTED_BUDGET_NAMES.flatMap((name) => {
    const limit = budget[name];
    return limit === null ? [] : [(countSpent(name, after) - countSpent(name, before)) / limit];
  });
  return shares.length === 0 ? 1 : Math.max(...shares);
}

const countTurns = (member: number, turns: readonly JudgedTurn[]): number =>
  turns.filter((turn) => turn.member === member).length;

/** Takes the author with the fewest turns for its weight; of equal ones that of the greatest weight, then the first. */
function takeTurns(
  open: readonly number[],
  turns: readonly JudgedTurn[],
  weights: readonly number[],
): number | null {
  const weigh = (member: number) => weights[member - 1] ?? 1;
  const [first] = [...open].sort(
    (one, other) =>
      countTurns(one, turns) / weigh(one) - countTurns(other, turns) / weigh(other) ||
      weigh(other) - weigh(one),
  );
  return first ?? null;
}

/** Stays with an author until it has stalled or has nothing left, and goes on with the next one then. */
function changeOnStall(open: readonly number[], turns: readonly JudgedTurn[]): number | null {
  const current = turns.at(-1)?.member;
  if (current === undefined) return open[0] ?? null;
  const other = turns.findLastIndex(({ member }) => member !== current);
  const latest = turns.slice(other + 1).slice(-STALLED_TURNS);
  const hasStalled =
    latest.length === STALLED_TURNS && latest.every(({ gain }) => gain !== null && gain <= 0);
  if (!hasStalled && open.includes(current)) return current;
  return open.find((member) => member > current) ?? open[0] ?? null;
}

/**
 * UCB1 (Auer, Cesa-Bianchi and Fischer 2002) on gain per cost: each author once, then the one with the greatest sum of its rate, as a
 * part of the greatest one, and a bonus for few turns.
 */
function chooseByGain(open: readonly number[], turns: readonly JudgedTurn[]): number | null {
  const untried = open.find((member) => countTurns(member, turns) === 0);
  if (untried !== undefined) return untried;
  const rates = new Map(open.map((member) => [member, measureRate(member, turns)]));
  const greatest = Math.max(...rates.values(), Number.MIN_VALUE);
  const index = (member: number) =>
    (rates.get(member) ?? 0) / greatest + Math.sqrt((2 * Math.log(turns.length)) / countTurns(member, turns));
  const [best] = [...open].sort((one, other) => index(other) - index(one));
  return best ?? null;
}

/** Measures the gain for the whole budget at the rate of an author's turns so far; losses count as none, and so does what came before a head. */
function measureRate(member: number, turns: readonly JudgedTurn[]): number {
  const judged = turns.filter((turn) => turn.member === member && turn.gain !== null);
  const gain = judged.reduce((sum, turn) => sum + Math.max(0, turn.gain ?? 0), 0);
  const cost = judged.reduce((sum, turn) => sum + turn.cost, 0);
  return cost === 0 ? 0 : gain / cost;
}
