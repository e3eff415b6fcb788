/** All rules for alarms, and what they find that was not raised before. */
import type { Alarm } from '../events';
import type { RunState } from '../state';
import { checkKnifeEdge } from './knife-edge';
import { checkReaddedLines } from './lines-readded';
import { checkBounds } from './outside-bounds';
import { checkProxyRank } from './proxy-rank';
import type { AlarmRule, ScoredEvent } from './rule';
import { checkRepeatability } from './unrepeatable';
import { checkMemorisedSeeds } from './seeds-memorised';
import { checkSizeWithoutScore } from './size-without-score';
import { checkZeroVariance } from './zero-variance';

const RULES: readonly AlarmRule[] = [
  checkRepeatability,
  checkZeroVariance,
  checkBounds,
  checkMemorisedSeeds,
  checkReaddedLines,
  checkSizeWithoutScore,
  checkKnifeEdge,
  checkProxyRank,
];

/** Finds the alarms that `event` gives cause for; each is raised once for a candidate. */
export function findNewAlarms(event: ScoredEvent, state: RunState): Alarm[] {
  const known = new Set(state.alarms.map(({ code, candidate }) => `${code} ${candidate}`));
  return RULES.flatMap((rule) => rule(event, state)).filter(
    ({ code, candidate }) => !known.has(`${code} ${candidate}`),
  );
}
