/** All rules for alarms, and what they find that was not raised before. */
import type { Alarm } from '../events';
import type { RunState } from '../state';
import { knifeEdge } from './knife-edge';
import { linesReadded } from './lines-readded';
import { outsideBounds } from './outside-bounds';
import { proxyRank } from './proxy-rank';
import type { AlarmRule, ScoredEvent } from './rule';
import { seedsMemorised } from './seeds-memorised';
import { sizeWithoutScore } from './size-without-score';
import { zeroVariance } from './zero-variance';

const RULES: readonly AlarmRule[] = [
  zeroVariance,
  outsideBounds,
  seedsMemorised,
  linesReadded,
  sizeWithoutScore,
  knifeEdge,
  proxyRank,
];

/** Finds the alarms that `event` gives cause for; each is raised once for a candidate. */
export function findNewAlarms(event: ScoredEvent, state: RunState): Alarm[] {
  const known = new Set(state.alarms.map(({ code, candidate }) => `${code} ${candidate}`));
  return RULES.flatMap((rule) => rule(event, state)).filter(
    ({ code, candidate }) => !known.has(`${code} ${candidate}`),
  );
}
