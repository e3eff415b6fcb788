/** Several searches of one declaration in one plot: each champion's mean, what they come to, and how far they spread. */
import { interquartileMean, quantile, type RunState } from '@policybook/engine';
import { bandTrace, type Point } from './band-trace';
import { figureLayout } from './figure-layout';
import { palette } from './palette';
import type { PlotlyFigure, ScatterTrace } from './plotly-figure';
import { plotlyText } from './safe-text';
import { plural, scoreWords } from './numbers';
import { championOf, meanAt, reigns } from './standing';
import { thin } from './thin';
import { thresholdLine, thresholdNote } from './threshold-line';
import { valueRange } from './value-range';

/** One search, by the name that references it: `first/2`. */
export interface Search {
  readonly run: string;
  readonly state: RunState;
}

/** Places along the episodes at which the curves are put together. */
const places = 61;
/** Of all curves together: hover texts make up the size of a saved notebook. */
const mostSteps = 2400;

/** `title` names the run and says what the searches came to. */
export function repeatsFigure(title: string, searches: readonly Search[]): PlotlyFigure {
  const last = Math.max(1, ...searches.map(({ state }) => state.usage.episodes));
  const threshold = searches[0]?.state.facts.rewardThreshold ?? null;
  const curves = searches.filter(({ state }) => state.championHistory.length > 0);
  const range = valueRange(
    curves.flatMap(({ state }) => state.championHistory.map(({ score }) => score.mean)),
    threshold === null ? [] : [threshold],
  );
  const shown = threshold !== null && threshold >= range.low && threshold <= range.high;
  const latest = Math.max(...curves.map(({ state }) => championOf(state)?.score.mean ?? -Infinity));
  return {
    data: [...together(curves, last), ...curves.map((search) => curve(search, mostSteps / curves.length))],
    layout: figureLayout(
      title,
      { title: 'episodes', range: [-0.02 * last, 1.02 * last] },
      { title: 'return of the champion', range: [range.low, range.high] },
      {
        shapes: shown ? [thresholdLine(threshold)] : [],
        annotations: threshold === null ? [] : [thresholdNote(threshold, shown, latest >= threshold)],
      },
    ),
  };
}

function curve({ run, state }: Search, most: number): ScatterTrace {
  const steps = thin(reigns(state), Math.max(8, most), ({ score }) => score.mean);
  const hover = steps.map(
    ({ candidate, score }) => `<b>${plotlyText(`${run}@${candidate}`)}</b> ${scoreWords(score)}`,
  );
  // The champion reigns to the end of what was spent.
  const end = steps.slice(-1);
  return {
    type: 'scatter',
    mode: 'lines',
    name: plotlyText(run),
    x: [...steps.map(({ episodes }) => episodes), ...end.map(() => state.usage.episodes)],
    y: [...steps, ...end].map(({ score }) => score.mean),
    line: { color: palette.champion, width: 1.2, shape: 'hv' },
    opacity: 0.55,
    showlegend: false,
    hovertext: [...hover, ...hover.slice(-1)],
    hoverinfo: 'text',
  };
}

/** From where every search has a champion. A search that has ended keeps its champion to the right edge. */
function together(curves: readonly Search[], last: number): readonly ScatterTrace[] {
  if (curves.length < 2) return [];
  const from = Math.max(...curves.map(({ state }) => state.championHistory[0]?.at.episodes ?? 0));
  const xs = Array.from({ length: places }, (_, index) => from + ((last - from) * index) / (places - 1));
  const reigned = curves.map(({ state }) => reigns(state));
  const meansAt = (x: number) => reigned.flatMap((search) => meanAt(search, x) ?? []).sort((a, b) => a - b);
  const columns = xs.map((x) => ({ x, means: meansAt(x) }));
  const quartile = (part: number) => columns.map(({ x, means }): Point => [x, quantile(means, part)]);
  return [
    bandTrace('middle half', quartile(0.75), quartile(0.25)),
    {
      type: 'scatter',
      mode: 'lines',
      name: `interquartile mean of ${plural(curves.length, 'search', 'searches')}`,
      x: xs,
      y: columns.map(({ means }) => interquartileMean(means)),
      line: { color: palette.champion, width: 3 },
      showlegend: true,
      hoverinfo: 'skip',
    },
  ];
}
