/** Several replicates of one declaration in one plot: each champion's mean, what they come to, and how far they spread. */
import { type RunState, computeInterquartileMean, computeQuantile } from '@policybook/engine';
import {
  type CurvePoint,
  buildBandTrace,
  buildFigureLayout,
  buildThresholdLine,
  buildThresholdNote,
} from './figure-parts';
import { PALETTE } from './palette';
import type { PlotlyFigure, ScatterTrace } from './plotly-figure';
import { escapePlotly } from './text';
import { formatQuantity, formatScore } from './numbers';
import { findScoredChampion, findMeanAt, listChampionScores } from './champion-history';
import { chooseValueRange, thinPoints } from './plot-scale';

/** One replicate, by the name that references it: `first/2`. */
export interface ReplicateRun {
  readonly run: string;
  readonly state: RunState;
}

/** Places along the episodes at which the curves are put together. */
const GRID_POINTS = 61;
/** The points of all curves together: hover texts make up the size of a saved notebook. */
const MAX_CURVE_STEPS = 2400;

/** Builds the plot of a repeated run. `title` names the run and says what the replicates came to. */
export function buildReplicatesFigure(title: string, replicates: readonly ReplicateRun[]): PlotlyFigure {
  const last = Math.max(1, ...replicates.map(({ state }) => state.usage.episodes));
  const threshold = replicates[0]?.state.facts.rewardThreshold ?? null;
  const curves = replicates.filter(({ state }) => state.championHistory.length > 0);
  const range = chooseValueRange(
    curves.flatMap(({ state }) => state.championHistory.map(({ score }) => score.mean)),
    threshold === null ? [] : [threshold],
  );
  const isShown = threshold !== null && threshold >= range.low && threshold <= range.high;
  const latest = Math.max(...curves.map(({ state }) => findScoredChampion(state)?.score.mean ?? -Infinity));
  return {
    data: [
      ...buildMeanTraces(curves, last),
      ...curves.map((replicate) => buildReplicateCurve(replicate, MAX_CURVE_STEPS / curves.length)),
    ],
    layout: buildFigureLayout(
      title,
      { title: 'episodes', range: [-0.02 * last, 1.02 * last] },
      { title: 'return of the champion', range: [range.low, range.high] },
      {
        shapes: isShown ? [buildThresholdLine(threshold)] : [],
        annotations: threshold === null ? [] : [buildThresholdNote(threshold, isShown, latest >= threshold)],
      },
    ),
  };
}

function buildReplicateCurve({ run, state }: ReplicateRun, most: number): ScatterTrace {
  const steps = thinPoints(listChampionScores(state), Math.max(8, most), ({ score }) => score.mean);
  const hover = steps.map(
    ({ candidate, score }) => `<b>${escapePlotly(`${run}@${candidate}`)}</b> ${formatScore(score)}`,
  );
  // The champion holds to the end of what was spent.
  const end = steps.slice(-1);
  return {
    type: 'scatter',
    mode: 'lines',
    name: escapePlotly(run),
    x: [...steps.map(({ episodes }) => episodes), ...end.map(() => state.usage.episodes)],
    y: [...steps, ...end].map(({ score }) => score.mean),
    line: { color: PALETTE.champion, width: 1.2, shape: 'hv' },
    opacity: 0.55,
    showlegend: false,
    hovertext: [...hover, ...hover.slice(-1)],
    hoverinfo: 'text',
  };
}

/** Builds the mean of all curves, from where every replicate has a champion. One that has ended keeps its champion to the right edge. */
function buildMeanTraces(curves: readonly ReplicateRun[], last: number): readonly ScatterTrace[] {
  if (curves.length < 2) return [];
  const from = Math.max(...curves.map(({ state }) => state.championHistory[0]?.at.episodes ?? 0));
  const xs = Array.from(
    { length: GRID_POINTS },
    (_, index) => from + ((last - from) * index) / (GRID_POINTS - 1),
  );
  const histories = curves.map(({ state }) => listChampionScores(state));
  const listMeansAt = (x: number) =>
    histories.flatMap((replicate) => findMeanAt(replicate, x) ?? []).sort((a, b) => a - b);
  const columns = xs.map((x) => ({ x, means: listMeansAt(x) }));
  const computeQuartile = (part: number) =>
    columns.map(({ x, means }): CurvePoint => [x, computeQuantile(means, part)]);
  return [
    buildBandTrace('middle half', computeQuartile(0.75), computeQuartile(0.25)),
    {
      type: 'scatter',
      mode: 'lines',
      name: `interquartile mean of ${formatQuantity(curves.length, 'replicate', 'replicates')}`,
      x: xs,
      y: columns.map(({ means }) => computeInterquartileMean(means)),
      line: { color: PALETTE.champion, width: 3 },
      showlegend: true,
      hoverinfo: 'skip',
    },
  ];
}
