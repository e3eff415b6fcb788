/** Numbers that people read: as many digits as say something, however large or small the number is. */

/** From here on a number is written with an exponent: its zeros cannot be counted. */
const LONG_NUMBER = 1e9;

/** Formats a number with so many significant digits, as "271.3", "-0.0123" or "1.2346e+300". */
export function formatNumeral(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  return Math.abs(rounded) >= LONG_NUMBER ? rounded.toExponential() : String(rounded);
}

/** Formats a number with so many decimals, as "271.30"; a long one with five significant digits and an exponent. */
export function formatDecimals(value: number, decimals: number): string {
  if (Math.abs(value) >= LONG_NUMBER) return formatNumeral(value, 5);
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text;
}
