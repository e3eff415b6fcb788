/** The reward plot of a run, as Plotly JSON. */
import { findAccepted, type RunState, type Score } from '@policybook/engine';
import {
  type CurvePoint,
  addLowerPlot,
  buildBandTrace,
  buildFigureLayout,
  buildThresholdLine,
  buildThresholdNote,
} from './figure-parts';
import { type CandidatePoint, placeCandidates } from './candidate-points';
import { formatMeasured, formatReturn } from './numbers';
import { PALETTE } from './palette';
import type { MarkerSymbol, PlotlyFigure, ScatterTrace } from './plotly-figure';
import { buildSizePart } from './size-traces';
import {
  type CandidateStanding,
  type ScoredCandidate,
  findScoredChampion,
  findScoredHead,
  formatReference,
  formatStanding,
  listChampionScores,
} from './champion-history';
import { escapePlotly } from './text';
import { type ValueRange, chooseValueRange, thinPoints } from './plot-scale';

/** More points than this in one group are thinned: hover texts make up the size of a saved notebook. */
const MAX_POINTS = 240;

const STANDING_GROUPS: readonly {
  standing: CandidateStanding;
  color: string;
  symbol: MarkerSymbol;
  size: number;
}[] = [
  { standing: 'dropped', color: PALETTE.worse, symbol: 'cross-thin', size: 6 },
  { standing: 'worse', color: PALETTE.threshold, symbol: 'x-thin', size: 8 },
  { standing: 'refused', color: PALETTE.threshold, symbol: 'x-thin', size: 6 },
  { standing: 'pending', color: PALETTE.worse, symbol: 'circle-open', size: 6 },
  { standing: 'equivalent', color: PALETTE.equivalent, symbol: 'diamond-open', size: 9 },
  { standing: 'undecided', color: PALETTE.undecided, symbol: 'circle-open', size: 9 },
  { standing: 'champion', color: PALETTE.champion, symbol: 'circle', size: 9 },
];

/** One vertex of the champion's step line: from `x` on, this score. */
interface Step {
  readonly x: number;
  readonly score: Score;
}

/**
 * Builds the reward plot: the champion's mean as a step line in its interval, the head's as a dotted one, candidates as dots by standing, the threshold as a dashed line, and
 * below them the size of the champion's text; episodes spent on the x axis. Points below the shown range stand as triangles on its lower edge.
 */
export function buildRunFigure(state: RunState, head = findScoredHead(state)): PlotlyFigure {
  const points = placeCandidates(state);
  const steps = listChampionSteps(state);
  const threshold = state.facts.rewardThreshold;
  const range = chooseValueRange(
    [
      ...points.map((point) => point.y),
      ...steps.slice(Math.min(1, steps.length - 1)).flatMap(({ score }) => [score.low, score.high]),
    ],
    threshold === null ? [] : [threshold],
  );
  const last = Math.max(state.usage.episodes, 1);
  const isShown = threshold !== null && threshold >= range.low && threshold <= range.high;
  const size = buildSizePart(state, last);
  const layout = buildFigureLayout(
    formatRunTitle(state, head),
    { title: 'episodes', range: [-0.02 * last, 1.02 * last] },
    { title: 'return', range: [range.low, range.high] },
    {
      shapes: isShown ? [buildThresholdLine(threshold)] : [],
      annotations:
        threshold === null
          ? []
          : [buildThresholdNote(threshold, isShown, (steps.at(-1)?.score.mean ?? -Infinity) >= threshold)],
    },
  );
  return {
    data: [
      ...buildChampionTraces(steps, last, state.settings.acceptance.confidence),
      ...STANDING_GROUPS.flatMap((group) => buildGroupTrace(group, points, range)),
      ...buildBelowTrace(points, range),
      ...buildHeadTraces(state, head, last),
      ...(size === null ? [] : size.traces),
    ],
    layout: size === null ? layout : addLowerPlot(layout, { title: 'size', range: size.range }),
  };
}

/** Formats the title with the score, because who sees the picture alone has no other text. */
function formatRunTitle(state: RunState, head: ScoredCandidate | null): string {
  const score = head ? formatMeasured(head) : 'no champion yet';
  return `${state.run} · ${state.settings.environmentName} · ${score}`;
}

function listChampionSteps(state: RunState): readonly Step[] {
  const steps = listChampionScores(state).map(({ episodes, score }): Step => ({ x: episodes, score }));
  return thinPoints(steps, 2 * MAX_POINTS, ({ score }) => score.mean);
}

function buildChampionTraces(
  steps: readonly Step[],
  last: number,
  confidence: number,
): readonly ScatterTrace[] {
  const end = steps.at(-1);
  if (!end) return [];
  const upper = traceOutline(steps, last, (score) => score.high);
  const lower = traceOutline(steps, last, (score) => score.low);
  return [
    buildBandTrace(`${formatReturn(100 * confidence)} % interval`, upper, lower),
    {
      type: 'scatter',
      mode: 'lines',
      name: 'champion',
      x: [...steps.map(({ x }) => x), last],
      y: [...steps.map(({ score }) => score.mean), end.score.mean],
      line: { color: PALETTE.champion, width: 2.5, shape: 'hv' },
      showlegend: true,
      hoverinfo: 'skip',
    },
  ];
}

/**
 * Builds the mean of the head as a step line: as it was estimated when each became head, and once more as it is known now. Where the
 * head is not the champion, a point marks it.
 */
function buildHeadTraces(
  state: RunState,
  head: ScoredCandidate | null,
  last: number,
): readonly ScatterTrace[] {
  const known = state.headHistory.map(({ at, estimate }) => ({ x: at.episodes, y: estimate }));
  const began = known.at(-1);
  if (began === undefined || head === null) return [];
  const now = { x: Math.max(head.candidate.at.episodes, began.x), y: head.score.mean };
  const steps = thinPoints([...known, now], 2 * MAX_POINTS, ({ y }) => y);
  const line: ScatterTrace = {
    type: 'scatter',
    mode: 'lines',
    name: state.accepted === null ? 'head (best estimate)' : 'head',
    x: [...steps.map(({ x }) => x), last],
    y: [...steps, now].map(({ y }) => y),
    line: { color: PALETTE.head, width: 1.5, shape: 'hv', dash: 'dot' },
    showlegend: true,
    hoverinfo: 'skip',
  };
  const { id, label } = head.candidate;
  if (id === findScoredChampion(state)?.candidate.id) return [line];
  const color = PALETTE.head;
  const name = `<b>${escapePlotly(formatReference(state.run, id))}</b> ${escapePlotly(label, 60)}`;
  return [
    line,
    {
      type: 'scatter',
      mode: 'markers',
      name: 'head now',
      x: [now.x],
      y: [now.y],
      hovertext: [
        `${name}<br>${formatMeasured(head)} · head, ${findAccepted(state) === id ? 'accepted by you' : 'the best estimate'}`,
      ],
      hoverinfo: 'text',
      marker: { color, size: 10, symbol: 'diamond', line: { width: 1.5, color } },
      showlegend: true,
    },
  ];
}

/** Traces the edge of the band from left to right, corner by corner. */
function traceOutline(
  steps: readonly Step[],
  last: number,
  readEdge: (score: Score) => number,
): CurvePoint[] {
  return steps.flatMap(({ x, score }, index) => [
    [x, readEdge(score)] as const,
    [steps[index + 1]?.x ?? last, readEdge(score)] as const,
  ]);
}

function buildGroupTrace(
  group: (typeof STANDING_GROUPS)[number],
  points: readonly CandidatePoint[],
  range: ValueRange,
): readonly ScatterTrace[] {
  const own = points.filter(({ standing, y }) => standing === group.standing && y >= range.low);
  if (own.length === 0) return [];
  const thinned = thinPoints(own, MAX_POINTS, ({ y }) => y);
  const { color, size, symbol } = group;
  return [
    {
      ...buildMarkers(thinned, formatStanding(group.standing)),
      marker: { color, size, symbol, line: { width: 1.5, color } },
    },
  ];
}

/** Builds the marks of candidates too poor for the shown range; a hover shows the return. */
function buildBelowTrace(points: readonly CandidatePoint[], range: ValueRange): readonly ScatterTrace[] {
  const below = points.filter(({ y }) => y < range.low);
  if (below.length === 0) return [];
  const edge = thinPoints(below, MAX_POINTS, ({ y }) => y).map((point) => ({ ...point, y: range.low }));
  return [
    {
      ...buildMarkers(edge, 'below the plot'),
      marker: { color: PALETTE.worse, size: 8, symbol: 'triangle-down' },
      cliponaxis: false,
    },
  ];
}

function buildMarkers(points: readonly CandidatePoint[], name: string): ScatterTrace {
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
