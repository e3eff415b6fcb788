/** The return that counts as solved, as plots mark it. */
import { returnWords } from './numbers';
import { palette } from './palette';
import type { Annotation, LineShape } from './plotly-figure';

export function thresholdLine(value: number): LineShape {
  const line = { color: palette.threshold, width: 1.5, dash: 'dash' } as const;
  return { type: 'line', xref: 'paper', x0: 0, x1: 1, yref: 'y', y0: value, y1: value, line };
}

/** Names the line on the side where the curve is not, or says the threshold when the plot does not reach it. */
export function thresholdNote(value: number, shown: boolean, reached: boolean): Annotation {
  const text = `threshold ${returnWords(value)}`;
  return {
    text: shown ? text : `${text}, outside the plot`,
    xref: 'paper',
    x: 1,
    yref: shown ? 'y' : 'paper',
    y: shown ? value : 1,
    xanchor: 'right',
    yanchor: shown && !reached ? 'bottom' : 'top',
    showarrow: false,
    font: { color: palette.threshold, size: 11 },
  };
}
