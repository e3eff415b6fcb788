/** What the plot uses of plotly's basic bundle, which ships no types. */
declare module 'plotly.js-basic-dist-min' {
  /** Options of one drawing. */
  export interface PlotlyConfig {
    readonly displaylogo: boolean;
    readonly responsive: boolean;
    readonly modeBarButtons: readonly (readonly string[])[];
  }
  /** The library's default export. */
  export interface Plotly {
    /** Draws or updates; resolves when drawn. */
    react(node: HTMLElement, data: readonly object[], layout: object, config: PlotlyConfig): Promise<unknown>;
    purge(node: HTMLElement): void;
    readonly Plots: { resize(node: HTMLElement): Promise<unknown> };
  }
  const plotly: Plotly;
  export default plotly;
}
