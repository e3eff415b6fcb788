/** Performance profiles: for every return, the share of episodes above it. The curve that lies to the right is better. */
import { formatNumeral } from '@policybook/protocol';
import type { ComparisonState, Conclusion } from '@policybook/engine';
import { hasFailedEverywhere } from './comparison-rows';
import { buildFigureLayout } from './figure-parts';
import { PALETTE, SERIES_COLORS, makeTranslucent } from './palette';
import type { PlotlyFigure, ScatterTrace } from './plotly-figure';
import { escapePlotly } from './text';

/** Builds the performance profiles; before anything is played there are axes only. `title` says what matters. */
export function buildComparisonFigure(
  title: string,
  state: ComparisonState,
  conclusion: Conclusion | null,
): PlotlyFigure {
  const thresholds = conclusion?.profile.thresholds ?? [0, 1];
  const contestants = listPlayed(conclusion);
  const [first = 0, last = 1] = [thresholds[0], thresholds.at(-1)];
  const margin = 0.02 * (last - first || 1);
  // Bands below all lines, so that no curve is hidden by another one's uncertainty.
  const bands = contestants.map((each, index) => buildProfileBand(each, thresholds, index));
  const lines = contestants.map((each, index) => buildProfileTrace(each, thresholds, index));
  const name = state.settings.environmentName;
  return {
    data: [...bands, ...lines],
    layout: buildFigureLayout(
      title,
      { title: `return in ${escapePlotly(name)}`, range: [first - margin, last + margin] },
      { title: 'share of episodes above', range: [-0.03, 1.03] },
    ),
  };
}

/** Lists the profiles of the contestants with an episode that did not fail. */
function listPlayed(conclusion: Conclusion | null): readonly Profile[] {
  if (conclusion === null) return [];
  const failed = conclusion.contestants.filter((each) => hasFailedEverywhere(each, conclusion));
  return conclusion.profile.contestants.filter(({ name }) => !failed.some((each) => each.name === name));
}

type Profile = Conclusion['profile']['contestants'][number];

function pickColor(index: number): string {
  return SERIES_COLORS[index % SERIES_COLORS.length] ?? PALETTE.champion;
}

function buildProfileTrace(
  { name, above }: Profile,
  thresholds: readonly number[],
  index: number,
): ScatterTrace {
  const dashes = ['solid', 'dash', 'dot'] as const;
  const dash = dashes[Math.floor(index / SERIES_COLORS.length) % dashes.length] ?? 'solid';
  return {
    type: 'scatter',
    mode: 'lines',
    name: escapePlotly(name, 40),
    x: thresholds,
    y: above,
    line: { color: pickColor(index), width: 2.5, dash },
    showlegend: true,
    hovertext: above.map(
      (share, place) =>
        `<b>${escapePlotly(name, 60)}</b> ${(100 * share).toFixed(0)} % above ${formatNumeral(thresholds[place] ?? 0, 4)}`,
    ),
    hoverinfo: 'text',
  };
}

function buildProfileBand(
  { name, low, high }: Profile,
  thresholds: readonly number[],
  index: number,
): ScatterTrace {
  return {
    type: 'scatter',
    mode: 'lines',
    name: `${escapePlotly(name, 40)}, interval`,
    x: [...thresholds, ...thresholds.toReversed()],
    y: [...high, ...low.toReversed()],
    fill: 'toself',
    fillcolor: makeTranslucent(pickColor(index)),
    line: { color: PALETTE.clear, width: 0 },
    showlegend: false,
    hoverinfo: 'skip',
  };
}
