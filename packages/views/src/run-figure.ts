/** The reward plot of a run, as Plotly JSON. */
import type { RunState, Score } from '@policybook/engine';
import { bandTrace, type Point } from './band-trace';
import { candidatePoints, type CandidatePoint } from './candidate-points';
import { figureLayout, withLowerPlot } from './figure-layout';
import { returnWords, scoreWords } from './numbers';
import { palette } from './palette';
import type { MarkerSymbol, PlotlyFigure, ScatterTrace } from './plotly-figure';
import { sizePart } from './size-traces';
import { championOf, standingWords, type Standing } from './standing';
import { thin } from './thin';
import { thresholdLine, thresholdNote } from './threshold-line';
import { valueRange, type ValueRange } from './value-range';

/** More points than this in one group are thinned: hover texts make up the size of a saved notebook. */
const mostPoints = 240;

const groups: readonly {
  standing: Standing;
  color: string;
  symbol: MarkerSymbol;
  size: number;
}[] = [
  { standing: 'dropped', color: palette.worse, symbol: 'cross-thin', size: 6 },
  { standing: 'worse', color: palette.threshold, symbol: 'x-thin', size: 8 },
  { standing: 'pending', color: palette.worse, symbol: 'circle-open', size: 6 },
  { standing: 'equivalent', color: palette.equivalent, symbol: 'diamond-open', size: 9 },
  { standing: 'undecided', color: palette.undecided, symbol: 'circle-open', size: 9 },
  { standing: 'champion', color: palette.champion, symbol: 'circle', size: 9 },
];

/** One vertex of the champion's step line: from `x` on, this score. */
interface Step {
  readonly x: number;
  readonly score: Score;
}

/**
 * Champion's mean as a step line in its interval, candidates as dots by standing, the threshold as a dashed line, and
 * below them the size of the champion's text; episodes spent on the x axis. Points below the shown range stand as triangles on its lower edge.
 */
export function runFigure(state: RunState): PlotlyFigure {
  const points = candidatePoints(state);
  const steps = championSteps(state);
  const threshold = state.facts.rewardThreshold;
  const range = valueRange(
    [
      ...points.map((point) => point.y),
      ...steps.slice(Math.min(1, steps.length - 1)).flatMap(({ score }) => [score.low, score.high]),
    ],
    threshold === null ? [] : [threshold],
  );
  const last = Math.max(state.usage.episodes, 1);
  const shown = threshold !== null && threshold >= range.low && threshold <= range.high;
  const size = sizePart(state, last);
  const layout = figureLayout(
    titleWords(state),
    { title: 'episodes', range: [-0.02 * last, 1.02 * last] },
    { title: 'return', range: [range.low, range.high] },
    {
      shapes: shown ? [thresholdLine(threshold)] : [],
      annotations:
        threshold === null
          ? []
          : [thresholdNote(threshold, shown, (steps.at(-1)?.score.mean ?? -Infinity) >= threshold)],
    },
  );
  return {
    data: [
      ...championTraces(steps, last, state.settings.acceptance.confidence),
      ...groups.flatMap((group) => groupTrace(group, points, range)),
      ...belowTrace(points, range),
      ...(size === null ? [] : size.traces),
    ],
    layout: size === null ? layout : withLowerPlot(layout, { title: 'size', range: size.range }),
  };
}

/** Says the score too: for readers that show the picture alone, the title is all the text there is. */
function titleWords(state: RunState): string {
  const champion = championOf(state);
  const score = champion ? scoreWords(champion.score) : 'no champion yet';
  return `${state.run} · ${state.settings.environmentName} · ${score}`;
}

/** Each reign's score when it began, and the reigning champion's latest where a defence has renewed it. */
function championSteps(state: RunState): readonly Step[] {
  const steps: Step[] = state.championHistory.map(({ at, score }) => ({ x: at.episodes, score }));
  const champion = championOf(state);
  const began = steps.at(-1);
  if (champion && began && champion.candidate.at.episodes > began.x) {
    steps.push({ x: champion.candidate.at.episodes, score: champion.score });
  }
  return thin(steps, 2 * mostPoints, ({ score }) => score.mean);
}

function championTraces(steps: readonly Step[], last: number, confidence: number): readonly ScatterTrace[] {
  const end = steps.at(-1);
  if (!end) return [];
  const upper = outline(steps, last, (score) => score.high);
  const lower = outline(steps, last, (score) => score.low);
  return [
    bandTrace(`${returnWords(100 * confidence)} % interval`, upper, lower),
    {
      type: 'scatter',
      mode: 'lines',
      name: 'champion',
      x: [...steps.map(({ x }) => x), last],
      y: [...steps.map(({ score }) => score.mean), end.score.mean],
      line: { color: palette.champion, width: 2.5, shape: 'hv' },
      showlegend: true,
      hoverinfo: 'skip',
    },
  ];
}

/** The edge of the band from left to right, corner by corner. */
function outline(steps: readonly Step[], last: number, edge: (score: Score) => number): Point[] {
  return steps.flatMap(({ x, score }, index) => [
    [x, edge(score)] as const,
    [steps[index + 1]?.x ?? last, edge(score)] as const,
  ]);
}

function groupTrace(
  group: (typeof groups)[number],
  points: readonly CandidatePoint[],
  range: ValueRange,
): readonly ScatterTrace[] {
  const own = points.filter(({ standing, y }) => standing === group.standing && y >= range.low);
  if (own.length === 0) return [];
  const thinned = thin(own, mostPoints, ({ y }) => y);
  const { color, size, symbol } = group;
  return [
    {
      ...markers(thinned, standingWords(group.standing)),
      marker: { color, size, symbol, line: { width: 1.5, color } },
    },
  ];
}

/** Candidates too poor for the shown range; their hover tells the return. */
function belowTrace(points: readonly CandidatePoint[], range: ValueRange): readonly ScatterTrace[] {
  const below = points.filter(({ y }) => y < range.low);
  if (below.length === 0) return [];
  const edge = thin(below, mostPoints, ({ y }) => y).map((point) => ({ ...point, y: range.low }));
  return [
    {
      ...markers(edge, 'below the plot'),
      marker: { color: palette.worse, size: 8, symbol: 'triangle-down' },
      cliponaxis: false,
    },
  ];
}

function markers(points: readonly CandidatePoint[], name: string): ScatterTrace {
  return {
    type: 'scatter',
    mode: 'markers',
    name,
    x: points.map(({ x }) => x),
    y: points.map(({ y }) => y),
    hovertext: points.map(({ hover }) => hover),
    hoverinfo: 'text',
    showlegend: true,
  };
}
