/**
 * The part of Plotly's JSON that our figures use. The Python side draws the same subset with Matplotlib, so that a
 * picture shows what the page shows: what is added here must be added there.
 *
 * It is a schema because the labextension draws figures of untrusted notebooks: parsing drops all else that Plotly
 * would obey (images, links, other traces).
 */
// As a namespace, so that bundlers leave out what is not used.
import * as z from 'zod';

const numbers = z.array(z.number()).readonly();

const traceLine = z.object({
  color: z.string().exactOptional(),
  width: z.number(),
  dash: z.enum(['solid', 'dash', 'dot']).exactOptional(),
  /** `hv`: level until the next point, then straight up or down. */
  shape: z.enum(['linear', 'hv']).exactOptional(),
});

const markerSymbol = z.enum([
  'circle',
  'circle-open',
  'diamond',
  'diamond-open',
  'triangle-down',
  'x-thin',
  'cross-thin',
]);
/** A shape of a point that the renderers know. */
export type MarkerSymbol = z.infer<typeof markerSymbol>;

const traceMarker = z.object({
  color: z.string(),
  size: z.number(),
  symbol: markerSymbol,
  line: z.object({ width: z.number(), color: z.string() }).exactOptional(),
});

const scatterTrace = z.object({
  type: z.literal('scatter'),
  mode: z.enum(['lines', 'markers', 'lines+markers']),
  x: numbers,
  y: numbers,
  name: z.string(),
  line: traceLine.exactOptional(),
  marker: traceMarker.exactOptional(),
  fill: z.enum(['toself', 'tonexty']).exactOptional(),
  fillcolor: z.string().exactOptional(),
  /** The upper plot, or the narrow one below it. */
  yaxis: z.enum(['y', 'y2']).exactOptional(),
  legend: z.enum(['legend', 'legend2']).exactOptional(),
  opacity: z.number().exactOptional(),
  showlegend: z.boolean(),
  /** Plotly's subset of HTML, escaped by `escapePlotly`. */
  hovertext: z.array(z.string()).readonly().exactOptional(),
  hoverinfo: z.enum(['text', 'skip']),
  cliponaxis: z.boolean().exactOptional(),
});
/** A curve or a set of points, in the part of Plotly that the renderers know. */
export type ScatterTrace = z.infer<typeof scatterTrace>;

/** A horizontal line across the plot at `y0` = `y1`. */
const lineShape = z.object({
  type: z.literal('line'),
  xref: z.literal('paper'),
  x0: z.literal(0),
  x1: z.literal(1),
  yref: z.literal('y'),
  y0: z.number(),
  y1: z.number(),
  line: z.object({ color: z.string(), width: z.number(), dash: z.literal('dash') }),
});
/** A straight line across a plot. */
export type LineShape = z.infer<typeof lineShape>;

const annotation = z.object({
  text: z.string(),
  xref: z.literal('paper'),
  x: z.number(),
  yref: z.enum(['y', 'paper']),
  y: z.number(),
  xanchor: z.enum(['left', 'right']),
  yanchor: z.enum(['top', 'bottom']),
  showarrow: z.literal(false),
  font: z.object({ color: z.string(), size: z.number() }),
});
/** A text placed in a plot. */
export type Annotation = z.infer<typeof annotation>;

const axis = z.object({
  title: z.object({ text: z.string() }),
  range: z.array(z.number()).length(2).readonly(),
  gridcolor: z.string(),
  zeroline: z.literal(false),
  /** The part of the height that it takes, from below. */
  domain: z.array(z.number()).length(2).readonly().exactOptional(),
  /** With `log`, the range is in powers of ten. */
  type: z.enum(['linear', 'log']).exactOptional(),
  /** The most ticks. */
  nticks: z.number().exactOptional(),
  /** The y axis at whose foot an x axis stands. */
  anchor: z.enum(['x', 'y', 'y2']).exactOptional(),
});

const legend = z.object({
  orientation: z.literal('h'),
  x: z.number(),
  y: z.number(),
  xanchor: z.literal('left'),
  yanchor: z.literal('bottom'),
});

/** The part of Plotly that the views write and the renderers accept. */
export const plotlyFigureSchema = z.object({
  data: z.array(scatterTrace).readonly(),
  layout: z.object({
    title: z.object({ text: z.string() }),
    xaxis: axis,
    yaxis: axis,
    yaxis2: axis.exactOptional(),
    shapes: z.array(lineShape).readonly(),
    annotations: z.array(annotation).readonly(),
    paper_bgcolor: z.string(),
    plot_bgcolor: z.string(),
    font: z.object({ color: z.string(), size: z.number() }),
    margin: z.object({ l: z.number(), r: z.number(), t: z.number(), b: z.number() }),
    height: z.number(),
    hovermode: z.literal('closest'),
    legend,
    legend2: legend.exactOptional(),
  }),
});
/** A figure: its traces and its layout. */
export type PlotlyFigure = z.infer<typeof plotlyFigureSchema>;
