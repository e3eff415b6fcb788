/** Numbers in messages for people. */

/** Formats a number with four digits: a message is read, not computed with. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
