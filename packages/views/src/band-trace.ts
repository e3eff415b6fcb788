/** The band around a champion's line. */
import { palette } from './palette';
import type { ScatterTrace } from './plotly-figure';

export type Point = readonly [x: number, y: number];

/** Between two outlines, both from left to right. */
export function bandTrace(name: string, upper: readonly Point[], lower: readonly Point[]): ScatterTrace {
  const outline = [...upper, ...lower.toReversed()];
  return {
    type: 'scatter',
    mode: 'lines',
    name,
    x: outline.map(([x]) => x),
    y: outline.map(([, y]) => y),
    fill: 'toself',
    fillcolor: palette.championBand,
    line: { color: palette.clear, width: 0 },
    showlegend: true,
    hoverinfo: 'skip',
  };
}
