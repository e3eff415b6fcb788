/** What the constants marked `# tune:` say of a text: which ones they are, and which are at an edge of their ranges. */
import type { PolicyFacts } from '@policybook/protocol';
import { z } from 'zod';
import { formatNumber } from './format-number';
import { computeSha256 } from './sha256';

type TunableConstant = PolicyFacts['tunable'][number];

/** The part of a range that is its edge. */
const EDGE_SHARE = 0.02;

/** A constant that tuning has moved to an edge of its range. */
export const constantAtEdge = z.strictObject({
  name: z.string(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
});
/** A constant at an edge of its range, parsed. */
export type ConstantAtEdge = z.infer<typeof constantAtEdge>;

/** Hashes which constants are marked, and their ranges; two texts of one tree differ in nothing else that is of use. */
export function hashMarks(tunable: readonly TunableConstant[]): string {
  const marks = tunable.map(({ name, low, high }) => [name, low, high]);
  return computeSha256(JSON.stringify(marks)).slice(0, 16);
}

/** Finds the constants at an edge of their ranges; of an array, its first such number. */
export function findAtEdge(tunable: readonly TunableConstant[]): ConstantAtEdge[] {
  return tunable.flatMap(({ name, value, low, high, log }) => {
    const scale = log ? Math.log : (x: number) => x;
    const edge = EDGE_SHARE * (scale(high) - scale(low));
    const found = [value]
      .flat()
      .find((each) => scale(each) - scale(low) <= edge || scale(high) - scale(each) <= edge);
    return found === undefined ? [] : [{ name, value: found, low, high }];
  });
}

/** Formats as "tuning has moved GAIN to 4.98, an edge of its range [0, 5]: a wider range may hold something better". */
export function formatAtEdge({ name, value, low, high }: ConstantAtEdge): string {
  const range = `[${formatNumber(low)}, ${formatNumber(high)}]`;
  return `tuning has moved ${name} to ${formatNumber(value)}, an edge of its range ${range}: a wider range may hold something better`;
}
