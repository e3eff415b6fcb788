/** Body of `%%compare [as NAME]`. */
import { z } from 'zod';
import { foldName } from '@policybook/protocol';
import { isName, NAME_FORM } from '../names';
import { parseReference, REFERENCE_FORM } from '../reference';
import { checkEnvironment, environmentKeys } from './environment';
import { backgroundKey, checkRunKeys, policy, runKeys } from './learn';

const CONTESTANT_FORM = `${REFERENCE_FORM}, a run as a whole, or a recorded agent's path ending in .npz`;

const contestant = z
  .string()
  .refine((text) => text.endsWith('.npz') || parseReference(text).ok)
  .meta({ title: CONTESTANT_FORM, format: 'policy' });

const label = z
  .string()
  .regex(/^[^\n\r]{1,60}$/)
  .meta({ title: 'a short name' });

const runName = z
  .string()
  .refine((name) => isName(foldName(name)))
  .meta({ title: NAME_FORM });

const BASELINES = ['random', 'constant', 'heuristic', 'sampling'] as const;

const baseline = z
  .union([
    z.enum(BASELINES),
    z.strictObject({ constant: z.json().describe('The action to hold, as JSON has it.') }),
  ])
  .meta({ title: 'random, constant, heuristic, sampling, or {constant: ACTION}' });

const ALGORITHMS = ['ppo', 'a2c', 'dqn', 'sac', 'td3', 'ddpg'] as const;

const agent = z
  .strictObject({
    algorithm: z.enum(ALGORITHMS).describe('Of Stable-Baselines3, with its own defaults.'),
    steps: z.int().positive().describe('Environment steps of its training.'),
    repeat: z.int().positive().max(100).default(1).describe('Agents trained, each with a seed of its own.'),
    settings: z
      .record(z.string(), z.json())
      .default({})
      .meta({ title: 'a mapping of hyperparameters' })
      .describe(
        "Hyperparameters by the algorithm's names; also n_envs, net_arch and activation_fn (tanh or relu).",
      ),
  })
  .meta({ title: 'a mapping with algorithm, steps, repeat and settings' });

const search = z
  .strictObject({
    ...runKeys,
    seed: z.int().nonnegative().exactOptional().describe("Default: the comparison's seed."),
  })
  .superRefine(checkRunKeys)
  .meta({ title: 'a mapping with author, a budget, repeat and other keys of %%learn' });

/** The schema of the body of `%%compare`. */
export const compareBody = z
  .strictObject({
    environment: z
      .string()
      .min(1)
      .exactOptional()
      .meta({ title: "a declared environment's name or a registered id", format: 'environment' })
      .describe('Where all of them play. Default: the environment of the first run that is compared.'),
    ...environmentKeys,
    policies: z
      .union([z.array(contestant).min(1), z.record(label, contestant)])
      .exactOptional()
      .meta({ title: `a list, or a mapping of short names, of ${CONTESTANT_FORM}` })
      .describe('Policies and runs to compare; of a repeated run every replicate takes part.'),
    baselines: z
      .array(baseline)
      .exactOptional()
      .meta({ title: 'a list of random, constant, heuristic, sampling, or {constant: ACTION}' })
      .describe(
        "What to measure them against: random actions, one action for ever, the environment's own heuristic, a model author's independent samples at equal cost.",
      ),
    authors: z
      .record(runName, search)
      .exactOptional()
      .meta({ title: 'a mapping from names to keys of %%learn' })
      .describe('Authors that learn for this comparison, each in a run COMPARISON-NAME.'),
    agents: z
      .record(label, agent)
      .exactOptional()
      .meta({ title: 'a mapping from names to agents' })
      .describe('Agents of Stable-Baselines3 that are trained for this comparison; needs the extra rl.'),
    against: label
      .exactOptional()
      .describe('The contestant that differences are shown against. Default: the first.'),
    episodes: z
      .int()
      .positive()
      .max(100_000)
      .default(200)
      .describe('Fresh seeds that every policy plays, the same for all.'),
    seed: z
      .int()
      .nonnegative()
      .default(0)
      .describe('The seeds that are played follow from it and from the texts that take part.'),
    confidence: z.number().gt(0.5).lt(1).default(0.95).describe('Of every interval, each for itself.'),
    policy: policy.exactOptional().describe('What one policy may use.'),
    background: backgroundKey,
    again: z.boolean().default(false).describe('Compares again although this very declaration has finished.'),
  })
  .superRefine((value, context) => {
    checkEnvironment(value, context);
    const named = listContestants(value);
    const known = named.map(({ name }) => foldName(name));
    if (named.length === 0)
      context.addIssue({
        code: 'custom',
        path: [],
        message: 'no contestant: name policies, baselines, authors or agents',
      });
    named.forEach(({ name, path }, index) => {
      if (known.indexOf(foldName(name)) < index)
        context.addIssue({ code: 'custom', path: [...path], message: `'${name}' takes part twice` });
    });
    const { against } = value;
    if (against !== undefined && !known.includes(foldName(against)) && !against.endsWith(SAMPLING_SUFFIX))
      context.addIssue({
        code: 'custom',
        path: ['against'],
        message: `expected one who takes part (${known.join(', ')}), found '${against}'`,
      });
  })
  .meta({ title: 'keys and values' })
  .describe('Policies, runs, authors and baselines on the same fresh seeds.');

/** What a contestant is called that samples another one's author. */
export const SAMPLING_SUFFIX = ', sampled';

interface NamedContestant {
  readonly name: string;
  readonly path: readonly (string | number)[];
}

type Body = Pick<z.output<typeof compareBody>, 'policies' | 'baselines' | 'authors' | 'agents'>;

/** Every contestant that is named, sampling left out, whose names follow from others. */
function listContestants({ policies, baselines, authors, agents }: Body): readonly NamedContestant[] {
  const keys = (key: string, record: object | undefined): NamedContestant[] =>
    Object.keys(record ?? {}).map((name) => ({ name, path: [key, name] }));
  return [
    ...(Array.isArray(policies)
      ? policies.map((text, index) => ({ name: deriveContestantName(text), path: ['policies', index] }))
      : keys('policies', policies)),
    ...(baselines ?? []).flatMap((each, index) => {
      const name = formatBaseline(each);
      return name === 'sampling' ? [] : [{ name, path: ['baselines', index] }];
    }),
    ...keys('agents', agents),
    ...keys('authors', authors),
  ];
}

/** Formats a baseline as its name: "random", "constant" or "constant 2". */
export function formatBaseline(value: z.output<typeof baseline>): string {
  return typeof value === 'string' ? value : `constant ${JSON.stringify(value.constant)}`;
}

/** What a contestant is called whose text gives no name: a file by its own name, a run by its reference. */
export function deriveContestantName(text: string): string {
  return /\.(py|npz)$/.test(text) ? text.replace(/^.*[\\/]/, '') : text;
}
