/** What can be said about an environment: the body of `%%environment`, and the same keys in place in `%%learn`. */
import { z } from 'zod';
import { foldName } from '@policybook/protocol';
import { duration } from './quantities';

const PYTHON_KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

const coordinateName = z
  .string()
  .regex(/^[\p{L}_][\p{L}\p{N}_]*$/u)
  .refine((name) => !PYTHON_KEYWORDS.has(name))
  .meta({ title: 'a Python name' });

/** Arguments of `act` that mean something else. */
const RESERVED_ARGUMENTS = new Set(['observation', 'reward', 'self']);

/** Finds two names that Python takes for one, because it compares identifiers in their form NFKC; `null` for none. */
function findAlike(names: readonly string[]): readonly [string, string] | null {
  const known = new Map<string, string>();
  for (const name of names) {
    const folded = foldName(name);
    const other = known.get(folded);
    if (other !== undefined && other !== name) return [other, name];
    known.set(folded, name);
  }
  return null;
}

/** A list of names that differ as text, each of which Python can tell from the others. */
const differsForPython = {
  error: ({ input }: { readonly input?: unknown }) =>
    `${(findAlike(z.array(z.string()).parse(input)) ?? []).join(' and ')} are one name to Python`,
};

function areDistinct(values: readonly (string | number)[]): boolean {
  return new Set(values).size === values.length;
}

/** Keys that `%%environment` and `%%learn` share. */
export const environmentKeys = {
  kwargs: z
    .record(z.string(), z.json())
    .exactOptional()
    .meta({ title: 'a mapping of keyword arguments' })
    .describe("Keyword arguments for the environment's constructor."),
  observe: z
    .array(z.int().nonnegative())
    .min(1)
    .refine(areDistinct)
    .exactOptional()
    .meta({ title: 'a list of different indices from 0, such as [0, 1, 4]' })
    .describe('Indices of the observation that a policy may see, in order. Default: all.'),
  observation: z
    .array(coordinateName)
    .min(1)
    .refine(areDistinct)
    .refine((names) => findAlike(names) === null, differsForPython)
    .exactOptional()
    .meta({ title: 'a list of different Python names, one for each coordinate' })
    .describe("Names of the coordinates that a policy sees, in order; used in the policies' text."),
  info: z
    .array(coordinateName)
    .min(1)
    .refine((names) => areDistinct(names) && !names.some((name) => RESERVED_ARGUMENTS.has(name)))
    .refine((names) => findAlike(names) === null, differsForPython)
    .exactOptional()
    .meta({
      title: 'a list of different keys that are Python names, none of them observation, reward or self',
    })
    .describe(
      'Keys of `info` that become further arguments of act; None where the environment leaves one out.',
    ),
  mask: coordinateName
    .refine((name) => !RESERVED_ARGUMENTS.has(name))
    .exactOptional()
    .meta({ title: 'a key that is a Python name, none of observation, reward and self' })
    .describe(
      'Key of info, or of a Dict observation, whose mask says which actions are legal; of info, it becomes an argument of act. ' +
        'Default: action_mask, where there is one.',
    ),
  reward: z
    .boolean()
    .exactOptional()
    .describe("Whether the last step's reward becomes an argument of act, 0.0 at first. Default false."),
  max_episode_steps: z.int().positive().exactOptional().describe('Overrides the registered step limit.'),
  returns: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high)
    .exactOptional()
    .meta({ title: 'two numbers [lowest, highest], the lowest first' })
    .describe(
      "Bounds of an episode's return. Default: probed extremes, widened by half and labelled as assumed.",
    ),
};

/** The key for an environment's clocks, in `%%environment` and `%%learn`; in `%%compare` it names the environment. */
export const clocksKey = {
  environment: z
    .strictObject({
      step: duration.exactOptional().describe('Longest step of the environment. Default 30s.'),
      reset: duration.exactOptional().describe('Longest reset of the environment. Default 2m.'),
      make: duration.exactOptional().describe('Longest time to make the environment. Default 2m.'),
    })
    .exactOptional()
    .meta({ title: 'a mapping with step, reset and make' })
    .describe('How long the environment may take; an operation that takes longer is ended.'),
};

/** Adds what one key says about another: as many names as coordinates are shown. */
export function checkEnvironment(
  value: { observe?: readonly number[]; observation?: readonly string[] },
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void {
  const { observe, observation } = value;
  if (observe && observation && observe.length !== observation.length)
    context.addIssue({
      code: 'custom',
      path: ['observation'],
      message: `${observation.length} names for the ${observe.length} coordinates of observe`,
    });
}

/** Body of `%%environment NAME`. */
export const environmentBody = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .meta({ title: "a registered environment's id or a simulator's name", format: 'environment' })
      .describe('Registered Gymnasium id, such as LunarLander-v3, or the name of a %%simulator cell.'),
    ...environmentKeys,
    ...clocksKey,
  })
  .superRefine(checkEnvironment)
  .meta({ title: 'keys and values' })
  .describe('An environment under a name of its own.');
