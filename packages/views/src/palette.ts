/**
 * Colours of the figures: after Okabe and Ito, which colour-blind readers can distinguish, and shifted in lightness until
 * each has a contrast of 3 or more on white and on a dark theme's background. Symbols differ as well as colours.
 */
export const PALETTE = {
  champion: '#2f86d1',
  championBand: 'rgba(47, 134, 209, 0.18)',
  head: '#a56cc1',
  worse: '#8b9199',
  undecided: '#cf8300',
  equivalent: '#1f9e7a',
  threshold: '#d0602b',
  text: '#7f858d',
  grid: 'rgba(128, 134, 142, 0.22)',
  clear: 'rgba(0, 0, 0, 0)',
} as const;

/** For the four measures of a text's size, the largest first. */
export const SIZE_COLORS = ['#8b9199', '#2f86d1', '#1f9e7a', '#cf8300'] as const;

/** For curves side by side, in this order; those that come round again are dashed. */
export const SERIES_COLORS = [
  '#2f86d1',
  '#d0602b',
  '#1f9e7a',
  '#cf8300',
  '#a56cc1',
  '#5b8f2a',
  '#c2477f',
  '#8b9199',
] as const;

/** A colour of the series as the band around its curve. */
export function makeTranslucent(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return `rgba(${red}, ${green}, ${blue}, 0.14)`;
}
