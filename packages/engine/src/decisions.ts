/** The decisions that a run takes, replaceable one by one. */
import type { SequentialTestKind } from './acceptance/sequential-test';
import { bettingTest } from './acceptance/betting-test';
import { rankingRace } from './racing/ranking-race';
import type { Racing } from './racing/racing';
import { bestMean } from './selection/best-mean';
import type { Selection } from './selection/selection';

/** The decisions of one run. */
export interface Decisions {
  readonly racing: Racing;
  readonly selection: Selection;
  readonly acceptance: SequentialTestKind;
}

/** The decisions that every run takes unless a test replaces them. */
export const defaultDecisions: Decisions = {
  racing: rankingRace,
  selection: bestMean,
  acceptance: bettingTest,
};
