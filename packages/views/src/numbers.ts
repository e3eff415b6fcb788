/** How numbers, intervals and verdicts are worded, the same in every view, log and export. */
import { formatCount, formatDecimals, formatNumeral, formatQuantity } from '@policybook/protocol';
import type { Score, Verdict } from '@policybook/engine';
import type { ScoreText } from './payloads';

export { formatCount, formatQuantity };

/** Picks the part of a score that views show. */
export function pickScoreText({ mean, low, high, episodes }: Score): ScoreText {
  return { mean, low, high, episodes };
}

/** Formats a score, as "271.3 [262.0, 279.5] over 128 episodes". */
export function formatScore(score: ScoreText): string {
  return `${formatMean(score)} ${formatInterval(score)} over ${formatQuantity(score.episodes, 'episode')}`;
}

/** Formats a mean of the episodes by which a policy was chosen, without an interval, as "271.3 while choosing, over 12 training episodes". */
export function formatTrainingMean(mean: number, episodes: number): string {
  return `${formatReturn(mean)} ${formatChoosing(episodes)}`;
}

/** Says of which episodes a mean is that was not measured, as "while choosing, over 12 training episodes". */
export function formatChoosing(episodes: number): string {
  return `while choosing, over ${formatQuantity(episodes, 'training episode')}`;
}

/** A score, and whether it is of other episodes than those by which its policy was chosen. */
interface MeasuredScore {
  readonly score: ScoreText;
  readonly isMeasured: boolean;
}

/** Formats the score of a policy; of one that was not measured its mean alone, which those episodes flatter by which it was chosen. */
export function formatMeasured({ score, isMeasured }: MeasuredScore): string {
  return isMeasured ? formatScore(score) : formatTrainingMean(score.mean, score.episodes);
}

/** Formats a mean with as many digits as its interval supports, as "271.3". */
export function formatMean(score: ScoreText): string {
  return formatDecimals(score.mean, chooseDigits(score));
}

/** Formats the interval of a score, as "[262.0, 279.5]". */
export function formatInterval(score: ScoreText): string {
  const digits = chooseDigits(score);
  return `[${formatDecimals(score.low, digits)}, ${formatDecimals(score.high, digits)}]`;
}

/** Formats a verdict with its difference, as "better, +24.1 [8.0, 40.2] over 75 pairs". */
export function formatVerdict(verdict: Verdict, difference: ScoreText, pair = 'pair'): string {
  return `${verdict}, ${formatDifference(difference, pair)}`;
}

/** Formats how far a policy leads another, as "24.1 [8.0, 40.2] over 75 pairs". */
export function formatLeadOver(lead: ScoreText, pair = 'pair'): string {
  return `${formatMean(lead)} ${formatInterval(lead)} over ${formatQuantity(lead.episodes, pair)}`;
}

/** Formats a difference, as "+24.1 [8.0, 40.2] over 75 pairs"; `pair` says what one of its values is of (`namePair`). */
export function formatDifference(difference: ScoreText, pair = 'pair'): string {
  return `${formatDifferenceMean(difference)} ${formatInterval(difference)} over ${formatQuantity(difference.episodes, pair)}`;
}

/** Formats the mean of a difference with its sign, as "+24.1". */
export function formatDifferenceMean(difference: ScoreText): string {
  const mean = formatMean(difference);
  return mean.startsWith('-') ? mean : `+${mean}`;
}

/** Formats how an estimate of fresh seeds stands to what other fresh seeds show: "agrees" where their intervals meet, or "17.2 too good". */
export function formatAgreement(score: ScoreText, estimate: ScoreText): string {
  if (estimate.low <= score.high && score.low <= estimate.high) return 'agrees';
  const gap = formatGap(score, estimate.mean);
  return estimate.mean > score.mean ? `${gap} too good` : `${gap} too low`;
}

/**
 * Formats how far a mean of the episodes by which a policy was chosen lies above what fresh seeds show, as "34.4 too good
 * (winner's curse)"; `null` where it does not lie beyond their interval.
 */
export function formatCurse(score: ScoreText, whileChoosing: number): string | null {
  return whileChoosing > score.high ? `${formatGap(score, whileChoosing)} too good (winner's curse)` : null;
}

function formatGap(score: ScoreText, mean: number): string {
  return formatMean({ ...score, mean: Math.abs(mean - score.mean) });
}

/** Formats a single return, which has no interval that would show its precision, as "-110" or "0.78". */
export function formatReturn(value: number): string {
  return formatNumeral(value, 5);
}

/** Formats seconds, as "42 s", "3 min 20 s" or "2 h 5 min". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? formatInUnits(whole, 60, 'min', 's')
    : formatInUnits(Math.floor(whole / 60), 60, 'h', 'min');
}

function formatInUnits(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  return `${Math.floor(amount / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** Formats an amount of a budget in its unit, as "1,534", "42 s" or "$0.12". */
export function formatAmount(amount: number, unit: string): string {
  switch (unit) {
    case 's':
      return formatDuration(amount);
    case '$':
      return `$${amount.toFixed(2)}`;
    default:
      return formatCount(amount);
  }
}

/** Chooses the digits behind the point: three significant ones of the interval's width; without a width, few. */
function chooseDigits({ mean, low, high }: ScoreText): number {
  if (high <= low) return mean !== 0 && Math.abs(mean) < 1 ? 3 : 1;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(high - low))));
}

/** The characters that draw a curve in one line of text, from low to high. */
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Picks the character of a level from 0 to 1; values outside are drawn at the edges. */
export function formatSparkline(levels: readonly number[]): string {
  return levels
    .map((level) => BARS[Math.min(BARS.length - 1, Math.max(0, Math.floor(level * BARS.length)))] ?? BARS[0])
    .join('');
}

/** Draws a share, 0 to 1, as a bar of `width` characters: "█████░░░░░". */
export function formatMeter(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
