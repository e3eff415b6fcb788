/** Counts with their nouns, for all that people read. */

/** Formats a count, as "1,534". */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Formats a count with its noun, as "1 episode", "1,534 episodes" or "2 branches". */
export function formatQuantity(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}
