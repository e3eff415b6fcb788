/** What the layouts of our figures have in common. */
import { palette } from './palette';
import type { PlotlyFigure } from './plotly-figure';
import { plotlyText } from './safe-text';

type Layout = PlotlyFigure['layout'];

export interface AxisPlan {
  readonly title: string;
  readonly range: readonly [number, number];
}

/** `title` says what matters of the figure: for readers that show the picture alone it is all the text there is. */
export function figureLayout(
  title: string,
  x: AxisPlan,
  y: AxisPlan,
  more: Partial<Pick<Layout, 'shapes' | 'annotations'>> = {},
): Layout {
  return {
    title: { text: plotlyText(title) },
    xaxis: axis(x),
    yaxis: axis(y),
    shapes: more.shapes ?? [],
    annotations: more.annotations ?? [],
    paper_bgcolor: palette.clear,
    plot_bgcolor: palette.clear,
    font: { color: palette.text, size: 12 },
    margin: { l: 56, r: 16, t: 72, b: 44 },
    height: 320,
    hovermode: 'closest',
    legend: { orientation: 'h', x: 0, y: 1.02, xanchor: 'left', yanchor: 'bottom' },
  };
}

/** Parts of the height for a plot and a narrow one below it. */
const upper = [0.3, 1] as const;
const lower = [0, 0.19] as const;

/** A second, narrow plot below the first, with the same x axis and a legend of its own. */
export function withLowerPlot(layout: Layout, y: AxisPlan): Layout {
  const { legend, xaxis, yaxis } = layout;
  return {
    ...layout,
    height: 420,
    xaxis: { ...xaxis, anchor: 'y2' },
    yaxis: { ...yaxis, domain: upper },
    yaxis2: { ...axis(y), domain: lower, type: 'log', nticks: 3 },
    legend2: { ...legend, y: lower[1] },
  };
}

function axis({ title, range }: AxisPlan): Layout['xaxis'] {
  return { title: { text: title }, range: [...range], gridcolor: palette.grid, zeroline: false };
}
