/** Body of `%%learn ENV [as RUN]`. */
import {
  BUDGET_KEYS,
  BUDGET_KINDS,
  BUDGET_NAMES,
  collectRows,
  type BudgetKind,
  type BudgetName,
} from '@policybook/protocol';
import { z } from 'zod';
import { parseReference, REFERENCE_FORM } from '../reference';
import { author, readModelUse } from './author';
import { checkEnvironment, clocksKey, environmentKeys } from './environment';
import { golden } from './golden';
import { duration, memorySize } from './quantities';

/** More replicates than anybody would wait for are a slip of the hand. */
const MAX_REPLICATES = 1000;

/** Episodes of the simplifier are shared between the environments, and few of each say little. */
const MAX_VARIANT_ENVIRONMENTS = 8;

const count = z.int().positive().exactOptional();

/** Numbers of a budget's unit, as a cell writes them. */
const AMOUNT_OF_UNIT: Readonly<Record<BudgetKind['unit'], z.ZodType<number>>> = {
  '': z.int().positive(),
  s: duration,
  $: z.number().positive(),
};

function describeBudget(name: BudgetName): z.ZodExactOptional<z.ZodType<number>> {
  const { unit, about, fallback } = BUDGET_KINDS[name];
  const otherwise = fallback === undefined ? '' : ` Default ${fallback} where no budget is given.`;
  return AMOUNT_OF_UNIT[unit].exactOptional().describe(`Budget: ${about}.${otherwise}`);
}

/** Any mix of these bounds a run; the first one spent ends it. */
const budgetKeys = collectRows(BUDGET_NAMES.map((name) => [BUDGET_KEYS[name], describeBudget(name)]));

const racing = z
  .strictObject({
    seeds: count.describe('Training seeds that every candidate plays first. Default 4.'),
    most: count.describe(
      'A race takes at most so many episodes for each candidate that enters it. Default 64.',
    ),
  })
  .refine(({ seeds, most }) => seeds === undefined || most === undefined || seeds <= most)
  .meta({ title: 'a mapping with seeds and most, seeds not above most' });

const acceptance = z
  .strictObject({
    confidence: z
      .number()
      .gt(0.5)
      .lt(1)
      .exactOptional()
      .describe('Confidence of a comparison, or of all that a run accepts; see error_rate. Default 0.95.'),
    min_effect: z
      .number()
      .nonnegative()
      .exactOptional()
      .describe(
        'Smallest gain in return worth having. Default: 2 % of what champion or head is above the first champion.',
      ),
    budget_share: z
      .number()
      .positive()
      .max(1)
      .exactOptional()
      .describe(
        'Part of the episodes left that one comparison may take at most while the search goes on. Default 0.4.',
      ),
  })
  .meta({ title: 'a mapping with confidence, min_effect and budget_share' });

/** The schema of `policy:`, what one policy may use. */
export const policy = z
  .strictObject({
    step: duration.exactOptional().describe('Longest call of act. Default 100ms.'),
    import: duration.exactOptional().describe('Longest import of a policy. Default 10s.'),
    memory: memorySize.exactOptional().describe('Address space of a policy. Default 512MB.'),
    imports: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/)
          .meta({ title: "a module's name" }),
      )
      .exactOptional()
      .meta({ title: 'a list of module names' })
      .describe('Modules that a policy may import beyond the standard library and NumPy.'),
    data: z
      .string()
      .min(1)
      .exactOptional()
      .meta({ title: 'a folder, relative to the notebook' })
      .describe('A folder of at most 1 MB whose files policies may read, as if they lay next to them.'),
  })
  .meta({ title: 'a mapping with step, import, memory, imports and data' });

const simplify = z
  .union([
    z.boolean(),
    z.strictObject({
      on: z
        .array(
          z
            .string()
            .min(1)
            .meta({ title: "a declared environment's name or a registered id", format: 'environment' }),
        )
        .min(1)
        .max(MAX_VARIANT_ENVIRONMENTS)
        .meta({ title: `a list of at most ${MAX_VARIANT_ENVIRONMENTS} environments` })
        .describe(
          'Further environments, such as with wind or larger: of a text that has to do in them only, what none of their episodes exercises is taken out.',
        ),
    }),
  ])
  .meta({ title: 'true, false or {on: [ENV, …]}' });

const start = z
  .string()
  .refine((text) => parseReference(text).ok)
  .meta({ title: REFERENCE_FORM, format: 'policy' });

/** The keys of a run: what `%%learn` and an author in `%%compare` have in common. */
export const runKeys = {
  author,
  ...budgetKeys,
  racing: racing.exactOptional().describe('How many training seeds candidates play.'),
  acceptance: acceptance.exactOptional().describe('What a challenger must show to become champion.'),
  error_rate: z
    .enum(['per_comparison', 'per_run'])
    .default('per_comparison')
    .describe(
      "What 1 - acceptance.confidence bounds. per_comparison: the probability that one comparison accepts falsely; per_run: the share of the run's acceptances that is expected to be false (e-LOND), which takes more episodes.",
    ),
  simplify: simplify
    .default(true)
    .describe(
      'Whether the head is simplified. What no episode exercises is marked; with on: [ENV, …], further environments of the same spaces, what no episode of any of them exercises is taken out.',
    ),
  tune: z.boolean().default(true).describe('Whether constants marked `# tune:` are tuned.'),
  start: start.exactOptional().describe("A policy to start from: a run's, a %%policy cell's, or a file."),
  repeat: z
    .int()
    .positive()
    .max(MAX_REPLICATES)
    .default(1)
    .describe(
      'Replicates: independent searches, each with the whole budget and a seed derived from seed; RUN/2 is the second replicate.',
    ),
};

/** The schema of `background:`. */
export const backgroundKey = z
  .boolean()
  .default(false)
  .describe('Returns at once and goes on; %wait NAME waits for the end, %stop NAME ends it.');

type RunValue = z.output<z.ZodObject<typeof runKeys>>;
interface Issues {
  addIssue(issue: { code: 'custom'; path: string[]; message: string }): void;
}

/** Adds what one key says about another: budgets that would never end a run, and money without prices. */
export function checkRunKeys(value: RunValue, context: Issues): void {
  const { callsModels, outsideAgents, hasPrice, takesPrice } = readModelUse(value.author);
  const given = BUDGET_NAMES.filter((name) => value[BUDGET_KEYS[name]] !== undefined);
  const modelOnly = given.find((name) => BUDGET_KINDS[name].isOnlyForModels);
  const hasPlayLimit = given.some((name) => !BUDGET_KINDS[name].isOnlyForModels);
  if (outsideAgents > 1)
    context.addIssue({
      code: 'custom',
      path: ['author'],
      message:
        'one run is worked on by one agent at a time, since `policybook mcp RUN` connects an agent to a run; name mcp once',
    });
  if (callsModels && value.money !== undefined && !hasPrice)
    context.addIssue({
      code: 'custom',
      path: ['money'],
      message: takesPrice
        ? 'what calls of this model cost is not known here, so that no limit of money can be kept; write `price: {input: …, output: …}` into the author, US dollars a million tokens, or limit `calls` or `tokens`'
        : 'what answers of this author cost is not known here, so that no limit of money can be kept; limit `calls` or `tokens`',
    });
  if (!callsModels && modelOnly && !hasPlayLimit)
    context.addIssue({
      code: 'custom',
      path: [BUDGET_KEYS[modelOnly]],
      message: 'this author makes no model calls, so this alone never ends a run; add episodes or wall',
    });
}

/** The schema of the body of `%%learn`. */
export const learnBody = z
  .strictObject({
    ...environmentKeys,
    ...clocksKey,
    ...runKeys,
    seed: z
      .int()
      .nonnegative()
      .default(0)
      .describe('Everything random follows from it: the same seed gives the same run.'),
    golden: golden
      .exactOptional()
      .describe(
        'Golden cases, by their seeds and options of reset: a policy becomes head or champion only where it loses none of them. It loses one where it returns less than at_least or, where none is given, than the best return of the heads so far, minus the minimum effect.',
      ),
    policy: policy.exactOptional().describe('What one policy may use.'),
    background: backgroundKey,
    again: z
      .boolean()
      .default(false)
      .describe('Learns again although this very declaration has finished before.'),
  })
  .superRefine((value, context) => {
    checkEnvironment(value, context);
    checkRunKeys(value, context);
  })
  .meta({ title: 'keys and values' })
  .describe('A learning run: its environment, author, budget and settings.');
