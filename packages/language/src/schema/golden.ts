/** Golden cases: episodes on which no later head or champion may lose. */
import { z } from 'zod';

/** A case with a bar of its own, or with nothing but its seed. */
const situation = z.strictObject({
  seed: z.int().nonnegative().describe('Seed of the episode.'),
  at_least: z
    .number()
    .exactOptional()
    .describe(
      'Return that a policy must reach on it. Default: the best return of the heads so far, minus the minimum effect.',
    ),
});

const goldenCase = z
  .union([z.int().nonnegative(), situation])
  .meta({ title: 'a seed, which is a whole number from 0, or a mapping {seed, at_least}' });

type WrittenCase = z.output<typeof goldenCase>;

/** A golden case as it is checked: its seed, and the return that it asks for where that is fixed. */
export interface GoldenCaseDeclaration {
  readonly seed: number;
  readonly atLeast?: number;
}

/** Takes the checked cases of `golden:`. */
export function toGoldenCases(cases: readonly WrittenCase[]): readonly GoldenCaseDeclaration[] {
  return cases.map((each) => {
    if (typeof each === 'number') return { seed: each };
    const { seed, at_least: atLeast } = each;
    return { seed, ...(atLeast !== undefined && { atLeast }) };
  });
}

function findRepeatedSeed(cases: readonly WrittenCase[]): number | null {
  const seeds = toGoldenCases(cases).map(({ seed }) => seed);
  return seeds.find((seed, index) => seeds.indexOf(seed) < index) ?? null;
}

/** The schema of `golden:`. */
export const golden = z
  .array(goldenCase)
  .min(1)
  .refine((cases) => findRepeatedSeed(cases) === null, {
    error: ({ input }) =>
      `seed ${findRepeatedSeed(z.array(goldenCase).parse(input)) ?? ''} stands twice; keep one`,
  })
  .meta({ title: 'a list of seeds, such as [3, 17], or of mappings such as {seed: 17, at_least: 200}' });
