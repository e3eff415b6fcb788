/** Golden cases: episodes on which no later head or champion may lose. */
import { writeCanonicalJson } from '@policybook/protocol';
import { z } from 'zod';

/** A case with options or a bar of its own, or with nothing but its seed. */
const situation = z.strictObject({
  seed: z.int().nonnegative().describe('Seed of the episode.'),
  options: z
    .record(z.string(), z.json())
    .refine((options) => Object.keys(options).length > 0)
    .exactOptional()
    .meta({ title: 'a mapping of options' })
    .describe("What the environment's reset is given as its options. Default: nothing."),
  at_least: z
    .number()
    .exactOptional()
    .describe(
      'Return that a policy must reach on it. Default: the best return of the heads so far, minus the minimum effect.',
    ),
});

const goldenCase = z
  .union([z.int().nonnegative(), situation])
  .meta({ title: 'a seed, which is a whole number from 0, or a mapping {seed, options, at_least}' });

type WrittenCase = z.output<typeof goldenCase>;

/** A golden case as it is checked: its seed and options, and the return that it asks for where that is fixed. */
export interface GoldenCaseDeclaration {
  readonly seed: number;
  readonly options?: Record<string, z.infer<z.ZodJSONSchema>>;
  readonly atLeast?: number;
}

/** Takes the checked cases of `golden:`. */
export function toGoldenCases(cases: readonly WrittenCase[]): readonly GoldenCaseDeclaration[] {
  return cases.map((each) => {
    if (typeof each === 'number') return { seed: each };
    const { seed, options, at_least: atLeast } = each;
    return { seed, ...(options && { options }), ...(atLeast !== undefined && { atLeast }) };
  });
}

function findRepeatedSeed(cases: readonly WrittenCase[]): number | null {
  const known = new Set<string>();
  for (const { seed, options } of toGoldenCases(cases)) {
    const situation = writeCanonicalJson([seed, options ?? null]);
    if (known.has(situation)) return seed;
    known.add(situation);
  }
  return null;
}

/** The schema of `golden:`. */
export const golden = z
  .array(goldenCase)
  .min(1)
  .refine((cases) => findRepeatedSeed(cases) === null, {
    error: ({ input }) =>
      `seed ${findRepeatedSeed(z.array(goldenCase).parse(input)) ?? ''} stands twice; keep one`,
  })
  .meta({
    title:
      'a list of seeds, such as [3, 17], or of mappings such as {seed: 17, options: {wind: 5}, at_least: 200}',
  });
