/**
 * What kernel and evaluator say to each other: one schema a method, for the request's parameters and its result.
 *
 * The TypeScript side parses results with these schemas; `npm run build` writes them as JSON Schema to
 * `packages/runtime/policybook/schemas/`, against which pytest checks what the Python side sends and takes.
 * Requests are idempotent and keyed by content, so a lost answer is asked for again without harm.
 */
import { z } from 'zod';
import type { Json } from './json';

/** Read-only, as everything that crosses a process boundary. */
const json: z.ZodType<Json> = z.json();

/** An environment, resolved: a registered Gymnasium id, or the source of a `%%simulator` cell. */
export const environmentSpec = z.strictObject({
  /** Registered id, `null` for a simulator. */
  id: z.string().nullable(),
  /** `gymnasium.Env` subclass of the user's own: the cell's name and Python source, `null` for a registered id. */
  simulator: z.strictObject({ name: z.string(), source: z.string() }).nullable(),
  /** Keyword arguments for the environment's constructor. */
  kwargs: z.record(z.string(), z.json()),
  /** Indices of the observation that a policy may see, in order; `null` shows all. */
  observe: z.array(z.int().nonnegative()).nullable(),
  /** Overrides the registered step limit; `null` keeps it. */
  maxEpisodeSteps: z.int().positive().nullable(),
  /** Keys of `info` that become further arguments of `act`; absent where none were declared. */
  info: z.array(z.string()).exactOptional(),
  /** Whether the last step's reward, 0.0 at first, becomes the argument `reward`; absent for no. */
  reward: z.literal(true).exactOptional(),
});
export type EnvironmentSpec = z.infer<typeof environmentSpec>;

/** A folder of at most 1 MB, known by its content: `folder.describe` gives the hash. */
export const dataFolder = z.strictObject({ folder: z.string(), hash: z.string() });
export type DataFolder = z.infer<typeof dataFolder>;

/** What one policy may use. */
export const policyLimits = z.strictObject({
  /** Milliseconds for one call of `act`. */
  stepMs: z.number().positive(),
  /** Milliseconds for importing the policy. */
  importMs: z.number().positive(),
  /** Address space, in MB. */
  memoryMb: z.number().positive(),
  /** Modules beyond the standard library and NumPy. */
  imports: z.array(z.string()),
  /** A folder whose files policies may read, and what it held when it was declared. */
  data: dataFolder.exactOptional(),
});
export type PolicyLimits = z.infer<typeof policyLimits>;

export const defaultLimits: PolicyLimits = { stepMs: 100, importMs: 2000, memoryMb: 512, imports: [] };

/** How well a policy was confined while it ran, from 4 (namespaces, Landlock, seccomp, limits) to 0 (time-outs). */
export const jailLevel = z.int().min(0).max(4);
export type JailLevel = z.infer<typeof jailLevel>;

/** One step of a traced episode. */
export const tracedStep = z.strictObject({
  /** Lines of the policy that ran and how often, in the order of their last run: the last one decided. */
  lines: z.array(z.tuple([z.int(), z.int()])),
  /** Of act by their names, of `self` as `self.name`, of other functions as `function.name`; values as text. */
  variables: z.record(z.string(), z.string()),
  /** Before the action; of a large one the shape is told. */
  observation: json,
  action: json,
  reward: z.number(),
  /** Picture before the action, in base 64. */
  png: z.string().nullable(),
});
export type TracedStep = z.infer<typeof tracedStep>;

/** A Gymnasium space, as far as people and authors need to know it. */
export const spaceSummary = z.strictObject({
  /** Class name: Box, Discrete, MultiDiscrete, … */
  kind: z.string(),
  /** `repr` of the space. */
  text: z.string(),
  shape: z.array(z.int()).nullable(),
  dtype: z.string().nullable(),
  /** Number of actions or states of a Discrete space. */
  n: z.int().nullable(),
  start: z.int().nullable(),
  /** Bounds of a Box, flattened; infinite bounds are `null`. */
  low: z.array(z.number().nullable()).nullable(),
  high: z.array(z.number().nullable()).nullable(),
});
export type SpaceSummary = z.infer<typeof spaceSummary>;

export const environmentFacts = z.strictObject({
  observationSpace: spaceSummary,
  actionSpace: spaceSummary,
  /** Gymnasium's registered threshold, `null` where there is none. */
  rewardThreshold: z.number().nullable(),
  maxEpisodeSteps: z.int().nullable(),
  /** The registered limit where the declaration has a lower one: what a full episode is; `null` otherwise. */
  fullEpisodeSteps: z.int().nullable(),
  /** Package name to version: python, gymnasium, numpy, policybook, … */
  versions: z.record(z.string(), z.string()),
});
export type EnvironmentFacts = z.infer<typeof environmentFacts>;

/** How large a policy's text is; drawn beside the score. */
export const policySize = z.strictObject({
  /** Lines that are neither blank, comment nor docstring. */
  lines: z.int(),
  /** `if`, `for`, `while`, conditional expressions, `and`/`or`, `match` cases. */
  branches: z.int(),
  /** Nodes of the syntax tree. */
  nodes: z.int(),
  /** Numeric literals. */
  constants: z.int(),
});
export type PolicySize = z.infer<typeof policySize>;

export const policyFacts = z.strictObject({
  /** SHA-256 of the text (UTF-8, LF), hexadecimal. */
  hash: z.string(),
  /** SHA-256 of the syntax tree without docstrings and positions: equal for texts that differ in layout only. */
  treeHash: z.string(),
  size: policySize,
  /** Constants marked `# tune: [low, high]`. */
  tunable: z.array(
    z.strictObject({
      name: z.string(),
      value: z.union([z.number(), z.array(z.number())]),
      low: z.number(),
      high: z.number(),
      integer: z.boolean(),
      log: z.boolean(),
    }),
  ),
});
export type PolicyFacts = z.infer<typeof policyFacts>;

/** Why a policy's evaluation failed; the policy's fault, never the evaluator's. */
export const policyFailure = z.strictObject({
  code: z.enum([
    'syntax_error',
    'no_act',
    'import_failed',
    'raised',
    'step_timeout',
    'import_timeout',
    'invalid_action',
    'memory',
    'died',
  ]),
  /** One or two sentences for people: what happened and what is allowed. */
  message: z.string(),
  /** Line in the policy's text, from 1. */
  line: z.int().nullable(),
  column: z.int().nullable(),
  seed: z.int().nullable(),
  /** Step of the episode, from 0. */
  step: z.int().nullable(),
});
export type PolicyFailure = z.infer<typeof policyFailure>;

/** What an episode's actions and rewards come to on its way; see `checkpoints.ts`. */
export const checkpoints = z.strictObject({
  /** Steps between two of them; the last one stands at the episode's end. */
  every: z.int().positive(),
  /** Of all steps up to each: three hexadecimal digits, one after the other. */
  hashes: z.string().regex(/^([0-9a-f]{3})*$/),
});
export type Checkpoints = z.infer<typeof checkpoints>;

export const episodeResult = z.strictObject({
  seed: z.int(),
  /** Undiscounted sum of rewards. */
  return: z.number(),
  steps: z.int(),
  terminated: z.boolean(),
  truncated: z.boolean(),
  /** SHA-256 over the action sequence's bytes, first 16 hexadecimal digits. */
  actionHash: z.string(),
  /** At most 64. */
  checkpoints,
});
export type EpisodeResult = z.infer<typeof episodeResult>;

export const spent = z.strictObject({
  episodes: z.int().nonnegative(),
  steps: z.int().nonnegative(),
  /** Steps in fitted models, counted apart. */
  modelSteps: z.int().nonnegative(),
  /** CPU seconds of workers and policies; a clock field, never compared. */
  cpuSeconds: z.number().nonnegative(),
});
export type Spent = z.infer<typeof spent>;

const empty = z.strictObject({});

/** A generation of the tuner: the mean return of its best quarter, that of its best text, and what it cost. */
export const tunerGeneration = z.strictObject({
  mean: z.number(),
  best: z.number(),
  episodes: z.int(),
  /** Of a search that had begun again elsewhere: how often it had. */
  descent: z.int().positive().exactOptional(),
});

/** A candidate as an author hands it over. */
export const proposalSchema = z.strictObject({
  /** Short unique name: "bent switching curve". */
  label: z.string(),
  /** One sentence for people. */
  idea: z.string(),
  /** The policy's whole text. */
  source: z.string(),
  /** What everything else must beat: the first champion as it is, whatever is proposed beside it. */
  baseline: z.boolean().optional(),
});

/** What an exported program can be held to: an audit, and all that is needed to play it again. */
export const exportClaim = z.strictObject({
  /** `first@8`, for people. */
  policy: z.string(),
  environment: z.string(),
  kwargs: z.record(z.string(), z.json()),
  /** SHA-256 of the audited text and of the environment's declaration: the seeds follow from them and the nonce. */
  policyHash: z.string(),
  environmentHash: z.string(),
  nonce: z.string(),
  /** The audit's number within the run. */
  audit: z.int().positive(),
  episodes: z.int().positive(),
  mean: z.number(),
  low: z.number(),
  high: z.number(),
  /** Of the interval, and the bounds of returns that it takes; a failed episode counts as the lower one. */
  confidence: z.number(),
  returns: z.tuple([z.number(), z.number()]),
});
export type ExportClaim = z.infer<typeof exportClaim>;

/** A table of what the doctor found; the first column marks rows: ok, "!" for what is amiss, "–" for what to know. */
export const doctorSection = z.strictObject({
  title: z.string(),
  head: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  /** Nothing in it keeps a notebook from running. */
  fine: z.boolean(),
});
export type DoctorSection = z.infer<typeof doctorSection>;

/**
 * Every method of the evaluator: parameters and result.
 *
 * Whatever runs a policy can also fail with consent_needed {level, least}, where the jail is weaker than the user
 * has agreed to, missing_import, where `limits.imports` cannot be imported, and folder_error, where `limits.data`
 * is not what it was.
 */
export const evaluatorMethods = {
  /** How policies are confined on this machine, what is installed, what is missing. */
  doctor: { params: empty, result: z.strictObject({ sections: z.array(doctorSection) }) },
  /** The level at which policies run here; the failure consent_needed where they may not. */
  'jail.level': { params: empty, result: z.strictObject({ level: jailLevel }) },
  /** Failures: unknown_environment {id, nearest}, missing_extra {install}, simulator_error {line}, environment_error. */
  'environment.describe': {
    params: z.strictObject({ environment: environmentSpec }),
    result: environmentFacts,
  },
  'environment.list': { params: empty, result: z.strictObject({ ids: z.array(z.string()) }) },
  /** Failure: a policyFailure's code (syntax_error, no_act). Static: nothing of the policy runs. */
  'policy.describe': { params: z.strictObject({ source: z.string() }), result: policyFacts },
  /**
   * Plays the seeds in order, one whole episode each. Stops at the policy's first failure: `episodes` then holds
   * those before it. Progress: {episodes, steps} done so far.
   */
  evaluate: {
    params: z.strictObject({
      environment: environmentSpec,
      source: z.string(),
      limits: policyLimits,
      seeds: z.array(z.int().nonnegative()),
    }),
    result: z.strictObject({
      episodes: z.array(episodeResult),
      failure: policyFailure.nullable(),
      cpuSeconds: z.number().nonnegative(),
      /** The lowest at which the policy ran; `null` where it did not. */
      level: jailLevel.nullable(),
      /** CPU time of the slowest step, where that was half of `stepMs` or more; never compared. */
      slowestStepMs: z.number().positive().exactOptional(),
    }),
  },
  /** One round of the keyless author; deterministic in its parameters. */
  'search.propose': {
    params: z.strictObject({
      environment: environmentSpec,
      limits: policyLimits,
      /** Names of the observation's coordinates, from `observation:`. */
      names: z.array(z.string()).nullable(),
      seed: z.int().nonnegative(),
      round: z.int().nonnegative(),
      /** Budgets of the whole run, the same in every round; `null` is unlimited. */
      steps: z.int().positive().nullable(),
      episodes: z.int().positive().nullable(),
      /** What is left of them now. */
      stepsLeft: z.int().nonnegative().nullable(),
      episodesLeft: z.int().nonnegative().nullable(),
      history: z.array(
        z.strictObject({
          label: z.string(),
          source: z.string(),
          mean: z.number(),
          deviation: z.number(),
          episodes: z.int(),
          champion: z.boolean(),
        }),
      ),
    }),
    result: z.strictObject({
      proposals: z.array(proposalSchema),
      spent,
      /** Sentences about the environment that probing established. */
      findings: z.array(z.string()),
      exhausted: z.boolean(),
    }),
  },
  /**
   * CMA-ES over the `# tune:` constants, scored on fresh seeds each generation; what comes back is the written,
   * rounded text of the distribution's mean. Progress: {generation, episodes, steps, mean}.
   */
  tune: {
    params: z.strictObject({
      environment: environmentSpec,
      source: z.string(),
      limits: policyLimits,
      seed: z.int().nonnegative(),
      /** Most episodes it may play. */
      episodes: z.int().positive(),
      /** Most environment steps, none of which is begun that might pass it; `null` is unlimited. */
      steps: z.int().nonnegative().nullable(),
    }),
    result: z.strictObject({
      source: z.string(),
      spent,
      generations: z.array(tunerGeneration),
    }),
  },
  /**
   * All marked constants moved together, each by at most `part` of its range: one draw a seed. `null` stands for a
   * draw whose text failed.
   */
  jitter: {
    params: z.strictObject({
      environment: environmentSpec,
      source: z.string(),
      limits: policyLimits,
      /** Of the draws. */
      seed: z.int().nonnegative(),
      part: z.number().positive(),
      /** Of the episodes. */
      seeds: z.array(z.int().nonnegative()),
    }),
    result: z.strictObject({ returns: z.array(z.number().nullable()), spent }),
  },
  /**
   * Which texts act alike on every observation that `reference` meets on `seeds`: for each of `sources` the position
   * of the first one before it that does, if any. A text that fails is like no other.
   */
  'actions.compare': {
    params: z.strictObject({
      environment: environmentSpec,
      limits: policyLimits,
      reference: z.string(),
      seeds: z.array(z.int().nonnegative()),
      sources: z.array(z.string()),
    }),
    result: z.strictObject({
      same: z.array(z.int().nonnegative().nullable()),
      observations: z.int().nonnegative(),
      spent,
    }),
  },
  /**
   * Smaller texts of the same policy. `identical` took edits that changed no action on the recorded episodes;
   * `variants` change some action and must be tested by the engine.
   */
  simplify: {
    params: z.strictObject({
      environment: environmentSpec,
      source: z.string(),
      limits: policyLimits,
      seeds: z.array(z.int().nonnegative()),
    }),
    result: z.strictObject({
      identical: z.strictObject({ source: z.string(), edits: z.array(z.string()) }).nullable(),
      variants: z.array(z.strictObject({ label: z.string(), source: z.string() })),
      spent,
    }),
  },
  /** What a folder of data holds, hidden files aside. Failure: folder_error. */
  'folder.describe': {
    params: z.strictObject({ folder: z.string() }),
    result: z.strictObject({ hash: z.string(), files: z.int(), bytes: z.int() }),
  },
  /** A folder with a `policy.py`, its other modules and its data as one text. Failure: folder_error, syntax_error. */
  'policy.inline': {
    params: z.strictObject({ folder: z.string() }),
    result: z.strictObject({ source: z.string() }),
  },
  /** A policy's text as a program that runs alone: PEP 723 header, provenance docstring, `__main__`, `predict`. */
  'policy.export': {
    params: z.strictObject({
      environment: environmentSpec,
      source: z.string(),
      /** Provenance lines for the docstring, in order. */
      provenance: z.array(z.string()),
      versions: z.record(z.string(), z.string()),
      claim: exportClaim.nullable(),
      /** Its files go into the program. */
      data: dataFolder.exactOptional(),
    }),
    result: z.strictObject({ source: z.string() }),
  },
  /**
   * Texts that an environment is measured against. `constant` without an action gives every action worth holding, of
   * which the best is found by playing. Failure: no_baseline.
   */
  'baseline.texts': {
    params: z.strictObject({
      environment: environmentSpec,
      baseline: z.enum(['random', 'constant', 'heuristic']),
      /** For `constant`: the one to play; `null` leaves the choice. */
      action: json,
    }),
    result: z.strictObject({ texts: z.array(z.strictObject({ label: z.string(), source: z.string() })) }),
  },
  /** A recorded agent (`policybook/agents/record.py`) as a policy's text. Failure: bad_agent. */
  'agent.text': {
    params: z.strictObject({ /** The file's bytes, base64. */ file: z.string() }),
    result: z.strictObject({
      source: z.string(),
      algorithm: z.string(),
      weights: z.int().nonnegative(),
      /** What its training cost, as far as the file says. */
      steps: z.int().nonnegative().nullable(),
      cpuSeconds: z.number().nonnegative().nullable(),
    }),
  },
  /** Trains an agent by Stable-Baselines3. Progress: {steps}. Failures: missing_extra {install}, bad_agent. */
  'agent.train': {
    params: z.strictObject({
      environment: environmentSpec,
      algorithm: z.string(),
      steps: z.int().positive(),
      seed: z.int().nonnegative(),
      /** The algorithm's own, by its names. */
      settings: z.record(z.string(), z.json()),
    }),
    result: z.strictObject({ /** As `agent.text` takes it. */ file: z.string() }),
  },
  /** How long a policy takes; clock values, never compared. `null` where it fails on the way. */
  'policy.time': {
    params: z.strictObject({
      environment: environmentSpec,
      source: z.string(),
      limits: policyLimits,
      /** Of the episode whose observations it decides on. */
      seed: z.int().nonnegative(),
    }),
    result: z.strictObject({
      /** Milliseconds from nothing to the first action. */
      coldStartMs: z.number().nonnegative().nullable(),
      /** Microseconds for one decision. */
      decisionUs: z.number().nonnegative().nullable(),
    }),
  },
  /**
   * An episode as it is scored, slowly, with what the policy did at each step. The policy's own process tells it: a
   * trace explains a policy and proves nothing about it.
   */
  trace: {
    params: z.strictObject({
      environment: environmentSpec,
      source: z.string(),
      limits: policyLimits,
      seed: z.int().nonnegative(),
      /** So many steps at most carry a picture, evenly spread, where the environment draws them. */
      pictures: z.int().nonnegative(),
    }),
    result: z.strictObject({
      return: z.number(),
      terminated: z.boolean(),
      truncated: z.boolean(),
      actionHash: z.string(),
      /** After every step. */
      checkpoints,
      steps: z.array(tracedStep),
      /** PNG of a few pictures side by side, in base 64. */
      filmstrip: z.string().nullable(),
      /** Why the episode ended behind the last step, where the policy failed. */
      failure: policyFailure.nullable(),
    }),
  },
  /** Matplotlib's picture of a figure in the subset of Plotly JSON that `@policybook/views` writes. */
  'figure.png': {
    params: z.strictObject({ figure: json, width: z.int().positive(), height: z.int().positive() }),
    result: z.strictObject({ png: z.string() }),
  },
} as const;

export type EvaluatorMethod = keyof typeof evaluatorMethods;
export type MethodParams<M extends EvaluatorMethod> = z.infer<(typeof evaluatorMethods)[M]['params']>;
export type MethodResult<M extends EvaluatorMethod> = z.infer<(typeof evaluatorMethods)[M]['result']>;

/** Progress of a running request; fields that a method does not report are absent. */
export const evaluatorProgress = z.object({
  episodes: z.int().optional(),
  steps: z.int().optional(),
  generation: z.int().optional(),
  mean: z.number().optional(),
});
export type EvaluatorProgress = z.infer<typeof evaluatorProgress>;
