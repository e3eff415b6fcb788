/**
 * The part of Plotly's JSON that our figures use. The Python side draws the same subset with Matplotlib, so that a
 * picture shows what the page shows: what is added here must be added there.
 */

export type MarkerSymbol = 'circle' | 'circle-open' | 'diamond-open' | 'triangle-down' | 'x-thin';

export type ScatterTrace = {
  readonly type: 'scatter';
  readonly mode: 'lines' | 'markers' | 'lines+markers';
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly name: string;
  readonly line?: {
    readonly color?: string;
    readonly width: number;
    readonly dash?: 'solid' | 'dash' | 'dot';
    /** `hv`: level until the next point, then straight up or down. */
    readonly shape?: 'linear' | 'hv';
  };
  readonly marker?: {
    readonly color: string;
    readonly size: number;
    readonly symbol: MarkerSymbol;
    readonly line?: { readonly width: number; readonly color: string };
  };
  readonly fill?: 'toself' | 'tonexty';
  readonly fillcolor?: string;
  readonly opacity?: number;
  readonly showlegend: boolean;
  /** HTML subset, escaped by `plotlyText`. */
  readonly hovertext?: readonly string[];
  readonly hoverinfo: 'text' | 'skip';
  readonly cliponaxis?: boolean;
};

/** A horizontal line across the plot at `y0` = `y1`. */
export type LineShape = {
  readonly type: 'line';
  readonly xref: 'paper';
  readonly x0: 0;
  readonly x1: 1;
  readonly yref: 'y';
  readonly y0: number;
  readonly y1: number;
  readonly line: { readonly color: string; readonly width: number; readonly dash: 'dash' };
};

export type Annotation = {
  readonly text: string;
  readonly xref: 'paper';
  readonly x: number;
  readonly yref: 'y' | 'paper';
  readonly y: number;
  readonly xanchor: 'left' | 'right';
  readonly yanchor: 'top' | 'bottom';
  readonly showarrow: false;
  readonly font: { readonly color: string; readonly size: number };
};

export type Axis = {
  readonly title: { readonly text: string };
  readonly range: readonly [number, number];
  readonly gridcolor: string;
  readonly zeroline: false;
};

export type FigureLayout = {
  readonly title: { readonly text: string };
  readonly xaxis: Axis;
  readonly yaxis: Axis;
  readonly shapes: readonly LineShape[];
  readonly annotations: readonly Annotation[];
  readonly paper_bgcolor: string;
  readonly plot_bgcolor: string;
  readonly font: { readonly color: string; readonly size: number };
  readonly margin: { readonly l: number; readonly r: number; readonly t: number; readonly b: number };
  readonly height: number;
  readonly hovermode: 'closest';
  readonly legend: {
    readonly orientation: 'h';
    readonly x: number;
    readonly y: number;
    readonly xanchor: 'left';
    readonly yanchor: 'bottom';
  };
};

export type PlotlyFigure = { readonly data: readonly ScatterTrace[]; readonly layout: FigureLayout };
