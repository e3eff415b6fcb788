/** How large the champion's text is, drawn below its score: a curve that grows while the score does not says something. */
import type { PolicySize } from '@policybook/protocol';
import type { RunState } from '@policybook/engine';
import { SIZE_COLORS } from './palette';
import { formatQuantity } from './numbers';
import type { ScatterTrace } from './plotly-figure';
import { escapePlotly } from './text';
import { formatReference } from './champion-history';
import { thinPoints } from './plot-scale';

const MAX_SIZE_STEPS = 200;

const SIZE_MEASURES: readonly {
  readonly key: keyof PolicySize;
  readonly name: string;
  readonly color: string;
}[] = [
  { key: 'nodes', name: 'nodes', color: SIZE_COLORS[0] },
  { key: 'lines', name: 'lines', color: SIZE_COLORS[1] },
  { key: 'constants', name: 'constants', color: SIZE_COLORS[2] },
  { key: 'branches', name: 'branches', color: SIZE_COLORS[3] },
];

/** The lower part of the reward plot: the champion's size. */
export interface SizePart {
  readonly traces: readonly ScatterTrace[];
  /** The range of the second y axis, in powers of ten. */
  readonly range: readonly [number, number];
}

/** Builds step curves of the champion's size up to `last` episodes; `null` before the first champion. */
export function buildSizePart(state: RunState, last: number): SizePart | null {
  const sizes = state.championHistory.flatMap(({ candidate, at }) => {
    const known = state.candidates.get(candidate);
    return known === undefined ? [] : [{ x: at.episodes, id: candidate, size: known.size }];
  });
  const steps = thinPoints(sizes, MAX_SIZE_STEPS, ({ size }) => size.nodes);
  const end = steps.at(-1);
  if (end === undefined) return null;
  const most = Math.max(...steps.map(({ size }) => size.nodes), 10);
  const traces = SIZE_MEASURES.map(({ key, name, color }): ScatterTrace => {
    const shown = [...steps, { ...end, x: Math.max(last, end.x) }];
    return {
      type: 'scatter',
      mode: 'lines',
      name,
      x: shown.map(({ x }) => x),
      // A logarithm has no place for nothing: it lies on the lower edge.
      y: shown.map(({ size }) => Math.max(1, size[key])),
      line: { color, width: 1.5, shape: 'hv' },
      yaxis: 'y2',
      legend: 'legend2',
      showlegend: true,
      hovertext: shown.map(
        ({ id, size }) => `${escapePlotly(formatReference(state.run, id))}: ${formatSize(size)}`,
      ),
      hoverinfo: 'text',
    };
  });
  return { traces, range: [0, Math.log10(most) + 0.1] };
}

/** Formats a policy's size, as "21 lines, 5 branches, 126 syntax nodes, 15 constants". */
export function formatSize({ lines, branches, nodes, constants }: PolicySize): string {
  return [
    formatQuantity(lines, 'line'),
    formatQuantity(branches, 'branch', 'branches'),
    formatQuantity(nodes, 'syntax node'),
    formatQuantity(constants, 'constant'),
  ].join(', ');
}
