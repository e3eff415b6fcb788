/** How numbers, intervals and verdicts are worded, the same in every view, log and export. */
import type { Verdict } from '@policybook/engine';
import type { ScoreText } from './payloads';

/** "271.3 [262.0, 279.5] over 128 episodes" */
export function scoreWords(score: ScoreText): string {
  return `${meanWords(score)} ${intervalWords(score)} over ${plural(score.episodes, 'episode')}`;
}

/** "271.3", with as many digits as the interval supports. */
export function meanWords(score: ScoreText): string {
  return fixed(score.mean, digitsFor(score));
}

/** "[262.0, 279.5]" */
export function intervalWords(score: ScoreText): string {
  const digits = digitsFor(score);
  return `[${fixed(score.low, digits)}, ${fixed(score.high, digits)}]`;
}

/** "better, +24.1 [8.0, 40.2] over 75 pairs"; an undecided comparison is called just that. */
export function verdictWords(verdict: Verdict, difference: ScoreText): string {
  return `${verdict}, ${differenceWords(difference)}`;
}

/** "+24.1 [8.0, 40.2] over 75 pairs" */
export function differenceWords(difference: ScoreText): string {
  return `${differenceValue(difference)} ${intervalWords(difference)} over ${plural(difference.episodes, 'pair')}`;
}

/** "+24.1" */
export function differenceValue(difference: ScoreText): string {
  const mean = meanWords(difference);
  return mean.startsWith('-') ? mean : `+${mean}`;
}

/** "7.2 too good (winner's curse)": how far what was believed lies from what fresh seeds say. */
export function curseWords(score: ScoreText, believed: ScoreText): string {
  const gap = meanWords({ ...score, mean: Math.abs(believed.mean - score.mean) });
  if (Number(gap) === 0) return 'the same';
  return believed.mean > score.mean ? `${gap} too good (winner's curse)` : `${gap} too low`;
}

/** "1,534" */
export function countWords(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** "1 episode", "1,534 episodes", "2 branches" */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${countWords(count)} ${count === 1 ? noun : nouns}`;
}

/** A single return, without an interval to tell its precision: "-110", "0.78". */
export function returnWords(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** "42 s", "3 min 20 s", "2 h 5 min" */
export function durationWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? inUnits(whole, 60, 'min', 's') : inUnits(Math.floor(whole / 60), 60, 'h', 'min');
}

function inUnits(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  return `${Math.floor(amount / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** What a budget holds, in its unit: "1,534", "42 s", "$0.12". */
export function amountWords(amount: number, unit: string): string {
  switch (unit) {
    case 's':
      return durationWords(amount);
    case '$':
      return `$${amount.toFixed(2)}`;
    default:
      return countWords(amount);
  }
}

/** Three significant digits of the interval's width; without a width, few. */
function digitsFor({ mean, low, high }: ScoreText): number {
  if (high <= low) return mean !== 0 && Math.abs(mean) < 1 ? 3 : 1;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(high - low))));
}

function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}
