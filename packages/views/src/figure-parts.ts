/** Parts that every figure is made of: its layout, the band around a line, and the line of the reward threshold. */
import { PALETTE } from './palette';
import type { Annotation, LineShape, PlotlyFigure, ScatterTrace } from './plotly-figure';
import { escapePlotly } from './text';
import { formatReturn } from './numbers';

type Layout = PlotlyFigure['layout'];

/** What a figure says of one axis. */
export interface AxisPlan {
  readonly title: string;
  readonly range: readonly [number, number];
}

/** Builds the layout of a figure. `title` says what matters, because who sees the picture alone has no other text. */
export function buildFigureLayout(
  title: string,
  x: AxisPlan,
  y: AxisPlan,
  more: Partial<Pick<Layout, 'shapes' | 'annotations'>> = {},
): Layout {
  return {
    title: { text: escapePlotly(title) },
    xaxis: buildAxis(x),
    yaxis: buildAxis(y),
    shapes: more.shapes ?? [],
    annotations: more.annotations ?? [],
    paper_bgcolor: PALETTE.clear,
    plot_bgcolor: PALETTE.clear,
    font: { color: PALETTE.text, size: 12 },
    margin: { l: 56, r: 16, t: 72, b: 44 },
    height: 320,
    hovermode: 'closest',
    legend: { orientation: 'h', x: 0, y: 1.02, xanchor: 'left', yanchor: 'bottom' },
  };
}

/** Parts of the height for a plot and a narrow one below it. */
const UPPER_DOMAIN = [0.32, 1] as const;
const LOWER_DOMAIN = [0, 0.18] as const;

/** Adds a second, narrow plot below the first, with the same x axis and a legend of its own. */
export function addLowerPlot(layout: Layout, y: AxisPlan): Layout {
  const { legend, xaxis, yaxis } = layout;
  return {
    ...layout,
    height: 420,
    xaxis: { ...xaxis, anchor: 'y2' },
    yaxis: { ...yaxis, domain: UPPER_DOMAIN },
    yaxis2: { ...buildAxis(y), domain: LOWER_DOMAIN, type: 'log', nticks: 3 },
    legend2: { ...legend, y: LOWER_DOMAIN[1] },
  };
}

function buildAxis({ title, range }: AxisPlan): Layout['xaxis'] {
  return { title: { text: title }, range: [...range], gridcolor: PALETTE.grid, zeroline: false };
}

/** A point of a curve in the plot's units. */
export type CurvePoint = readonly [x: number, y: number];

/** Builds the band between two outlines, both from left to right. */
export function buildBandTrace(
  name: string,
  upper: readonly CurvePoint[],
  lower: readonly CurvePoint[],
): ScatterTrace {
  const outline = [...upper, ...lower.toReversed()];
  return {
    type: 'scatter',
    mode: 'lines',
    name,
    x: outline.map(([x]) => x),
    y: outline.map(([, y]) => y),
    fill: 'toself',
    fillcolor: PALETTE.championBand,
    line: { color: PALETTE.clear, width: 0 },
    showlegend: true,
    hoverinfo: 'skip',
  };
}

/** Builds a dashed horizontal line at the return `value`. */
export function buildThresholdLine(value: number): LineShape {
  const line = { color: PALETTE.threshold, width: 1.5, dash: 'dash' } as const;
  return { type: 'line', xref: 'paper', x0: 0, x1: 1, yref: 'y', y0: value, y1: value, line };
}

/** Names the line on the side where the curve is not, or says the threshold when the plot does not reach it. */
export function buildThresholdNote(value: number, isShown: boolean, isReached: boolean): Annotation {
  const text = `threshold ${formatReturn(value)}`;
  return {
    text: isShown ? text : `${text}, outside the plot`,
    xref: 'paper',
    x: 1,
    yref: isShown ? 'y' : 'paper',
    y: isShown ? value : 1,
    xanchor: 'right',
    yanchor: isShown && !isReached ? 'bottom' : 'top',
    showarrow: false,
    font: { color: PALETTE.threshold, size: 11 },
  };
}
