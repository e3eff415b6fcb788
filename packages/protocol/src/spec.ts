/**
 * The nouns that kernel, evaluator and run folders share.
 *
 * Each is a schema and, of the same name with a capital, the type that it parses to.
 */
import { z } from 'zod';

/** Arguments of a constructor by their names, each written as a literal of Python: JSON has no tuples. */
const literals = z.record(z.string(), z.string());

/** What `gymnasium.register` was called with in the notebook's Python, for an id that no other process knows so. */
export const environmentRegistration = z.strictObject({
  /** The id with its version, which the cell may have left out. */
  id: z.string(),
  /** `module:attribute`; `null` where only the import of `module` registers the id. */
  entryPoint: z.string().nullable(),
  /** The module that the entry point is imported from. */
  module: z.string(),
  kwargs: literals,
  rewardThreshold: z.number().nullable(),
  maxEpisodeSteps: z.int().nullable(),
  orderEnforce: z.boolean(),
  nondeterministic: z.boolean(),
  /** Wrappers that are registered with it, from the inside out. */
  wrappers: z.array(z.strictObject({ name: z.string(), entryPoint: z.string(), kwargs: literals })),
});
/** A registration of the notebook's Python, parsed. */
export type EnvironmentRegistration = z.infer<typeof environmentRegistration>;

/** What the user's own Python adds to an environment: how it is found, and which code it is. */
export const userCode = z.strictObject({
  /** Absent where the evaluator's own Python has the same. */
  registration: environmentRegistration.exactOptional(),
  /** Folders in which modules are looked for first, relative to the notebook's where they lie in it. */
  searchPath: z.array(z.string()).exactOptional(),
  /** The working folder of the notebook's Python, where a cell has changed it. */
  folder: z.string().exactOptional(),
  /** SHA-256 over the user's files that making and playing it has read, and the versions of its packages. */
  hash: z.string().exactOptional(),
});
/** What the user's own Python adds to an environment, parsed. */
export type UserCode = z.infer<typeof userCode>;

/** An environment, resolved: a registered Gymnasium id, or the source of a `%%simulator` cell. */
export const environmentSpec = z.strictObject({
  /** Registered id, `null` for a simulator. */
  id: z.string().nullable(),
  /** `gymnasium.Env` subclass of the user's own: the cell's name and Python source, `null` for a registered id. */
  simulator: z.strictObject({ name: z.string(), source: z.string() }).nullable(),
  /** Keyword arguments for the environment's constructor. */
  kwargs: z.record(z.string(), z.json()),
  /** Where whole numbers in `kwargs` are floats of Python, which JSON cannot say: keys and indices; absent for nowhere. */
  floats: z.array(z.array(z.union([z.string(), z.int().nonnegative()])).min(1)).exactOptional(),
  /** Indices of the observation that a policy may see, in order; `null` shows all. */
  observe: z.array(z.int().nonnegative()).nullable(),
  /** Overrides the registered step limit; `null` keeps it. */
  maxEpisodeSteps: z.int().positive().nullable(),
  /** Keys of `info` that become further arguments of `act`; absent where none were declared. */
  info: z.array(z.string()).exactOptional(),
  /** Whether the last step's reward, 0.0 at first, becomes the argument `reward`; absent for no. */
  reward: z.literal(true).exactOptional(),
  /** Absent where Gymnasium and the declaration alone make the environment. */
  userCode: userCode.exactOptional(),
  /** Key of `info`, or of a Dict observation, whose mask says which actions are legal; absent where none was declared. */
  mask: z.string().exactOptional(),
  /** Whether one seed and one sequence of actions were found to give two episodes; absent for no. */
  unrepeatable: z.literal(true).exactOptional(),
  /** What `reset` is given as its options in the episodes of a rollout; absent for nothing. No declared environment has any. */
  resetOptions: z.record(z.string(), z.json()).exactOptional(),
  /** The most seconds that an operation of the environment may take; an absent one has the evaluator's default. */
  clocks: z
    .strictObject({
      step: z.number().positive().exactOptional(),
      reset: z.number().positive().exactOptional(),
      make: z.number().positive().exactOptional(),
    })
    .exactOptional(),
});
/** An environment, resolved and parsed. */
export type EnvironmentSpec = z.infer<typeof environmentSpec>;

/** A folder of at most 1 MB, known by its content: `folder.describe` gives the hash. */
export const dataFolder = z.strictObject({ folder: z.string(), hash: z.string() });
/** A folder of data, parsed. */
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
/** What one policy may use, parsed. */
export type PolicyLimits = z.infer<typeof policyLimits>;

/** The limits of a policy whose cell names none. */
export const defaultLimits: PolicyLimits = { stepMs: 100, importMs: 10_000, memoryMb: 512, imports: [] };

/** How well a policy was confined while it ran, from 4 (namespaces, Landlock, seccomp, limits) to 0 (time-outs). */
export const isolationLevel = z.int().min(0).max(4);
/** How well a policy was confined, parsed. */
export type IsolationLevel = z.infer<typeof isolationLevel>;

/** A Gymnasium space, as far as people and authors need to know it. */
export const spaceSummary = z.strictObject({
  /** Class name: Box, Discrete, MultiDiscrete, Text, … */
  kind: z.string(),
  /** `repr` of the space; the characters of a Text space are a bounded literal. */
  text: z.string(),
  /** Lengths of the axes, `null` for a space without a shape. */
  shape: z.array(z.int()).nullable(),
  /** NumPy's name of the element type, `null` for a space without one. */
  dtype: z.string().nullable(),
  /** Number of actions or states of a Discrete space. */
  n: z.int().nullable(),
  /** Lowest number of a Discrete space. */
  start: z.int().nullable(),
  /** Bounds of a Box, flattened; infinite bounds are `null`. */
  low: z.array(z.number().nullable()).nullable(),
  high: z.array(z.number().nullable()).nullable(),
  /** Keys of a Dict; absent for other spaces. */
  keys: z.array(z.string()).exactOptional(),
});
/** A Gymnasium space in summary, parsed. */
export type SpaceSummary = z.infer<typeof spaceSummary>;

/** What the evaluator found out about an environment. */
export const environmentFacts = z.strictObject({
  observationSpace: spaceSummary,
  actionSpace: spaceSummary,
  /** Gymnasium's registered threshold, `null` where there is none. */
  rewardThreshold: z.number().nullable(),
  /** Steps after which an episode is truncated, `null` for never. */
  maxEpisodeSteps: z.int().nullable(),
  /** The registered limit where the declaration has a lower one: what a full episode is; `null` otherwise. */
  fullEpisodeSteps: z.int().nullable(),
  /** Package name to version: python, gymnasium, numpy, policybook, … */
  versions: z.record(z.string(), z.string()),
  /**
   * The user's files that making and playing the environment has read, with their SHA-256 (empty where there is no such
   * file); their paths are relative to the notebook's folder where they lie in it. Absent where there are none.
   */
  files: z.record(z.string(), z.string()).exactOptional(),
  /** Key of `info` under which a mask of legal actions was found that `mask:` does not name; absent for none. */
  infoMask: z.string().exactOptional(),
  /** What the check of a simulator found that breaks nothing, in sentences; absent for nothing. */
  notes: z.array(z.string()).exactOptional(),
  /** What differed when one seed was played twice with the same actions; absent for nothing. */
  unrepeatable: z.string().exactOptional(),
  /** The docstrings of its class and, of a simulator, of the cell, without memory addresses and cut; absent for none. */
  documentation: z.string().exactOptional(),
  /** The names of the actions of a Discrete space, in their order; absent where the environment has none. */
  actionNames: z.array(z.string()).exactOptional(),
});
/** What the evaluator found out about an environment, parsed. */
export type EnvironmentFacts = z.infer<typeof environmentFacts>;

/** How large a policy's text is; shown with the score. */
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
/** A policy's size, parsed. */
export type PolicySize = z.infer<typeof policySize>;

/** What can be said of a policy's text without running it. */
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
/** What can be said of a policy's text, parsed. */
export type PolicyFacts = z.infer<typeof policyFacts>;

/** The kinds of a policy's failure. */
export const policyFailureCode = z.enum([
  'syntax_error',
  'no_act',
  'import_failed',
  'raised',
  'step_timeout',
  'import_timeout',
  'invalid_action',
  'refused_action',
  'memory',
  'died',
]);
/** A kind of a policy's failure, parsed. */
export type PolicyFailureCode = z.infer<typeof policyFailureCode>;

/** Why a policy's evaluation failed; the policy's fault, never the evaluator's. */
export const policyFailure = z.strictObject({
  code: policyFailureCode,
  /** One or two sentences for people: what happened and what is allowed. */
  message: z.string(),
  /** Line in the policy's text, from 1. */
  line: z.int().nullable(),
  /** Column in that line, from 1. */
  column: z.int().nullable(),
  /** Seed of the episode that failed, `null` where none had begun. */
  seed: z.int().nullable(),
  /** Step of the episode, from 0. */
  step: z.int().nullable(),
});
/** Why a policy's evaluation failed, parsed. */
export type PolicyFailure = z.infer<typeof policyFailure>;

/** Hashes of an episode's actions and rewards up to steps along it. The engine's `trajectory-hashes.ts` compares them. */
export const trajectoryHashes = z.strictObject({
  /** Steps between two hashes; the last hash stands at the episode's end. */
  every: z.int().positive(),
  /** The hashes in order, three hexadecimal digits each; a hash covers all steps before it. */
  hashes: z.string().regex(/^([0-9a-f]{3})*$/),
});
/** Hashes along an episode, parsed. */
export type TrajectoryHashes = z.infer<typeof trajectoryHashes>;

/**
 * What happened along an episode. Names are the environment's own `info` keys, at most 12 of a kind and 40 characters
 * each, in which other characters than letters, digits, `_`, `.`, `-`, `/` and spaces are replaced: they are data.
 */
export const episodeCourse = z.strictObject({
  /** The reward in each tenth of the episode, to six digits; of a step that lies in two of them, each has its share. */
  rewardByTenth: z.array(z.number()).length(10),
  /** The keys that the last step's `info` had as true, such as `is_success`, in the order of their letters. */
  flags: z.array(z.string()),
  /** Sums, to six digits, of numbers that `info` had in every step: those named as rewards or costs, and others that changed. */
  terms: z.record(z.string(), z.number()),
});
/** What happened along an episode, parsed. */
export type EpisodeCourse = z.infer<typeof episodeCourse>;

/** One finished episode. */
export const episodeResult = z.strictObject({
  seed: z.int(),
  /** Undiscounted sum of rewards. */
  return: z.number(),
  steps: z.int(),
  terminated: z.boolean(),
  truncated: z.boolean(),
  /** SHA-256 over the action sequence's bytes, first 16 hexadecimal digits. */
  actionHash: z.string(),
  /** At most 64 hashes. */
  trajectoryHashes,
  course: episodeCourse,
});
/** One finished episode, parsed. */
export type EpisodeResult = z.infer<typeof episodeResult>;

/** Episodes that faults of the environment ended, each of which another took the place of. */
export const lostEpisodes = {
  /** The number of episodes that were lost; absent for none. They are not among the episodes that were played. */
  lost: z.int().positive().exactOptional(),
  /** What ended one of them, for people: "RuntimeError in line 22: … (seed 17, step 312)"; absent for none. */
  fault: z.string().exactOptional(),
};

/** What a request used of the resources that repeat exactly, and of the CPU. */
export const requestUsage = z.strictObject({
  ...lostEpisodes,
  episodes: z.int().nonnegative(),
  steps: z.int().nonnegative(),
  /** Steps in fitted models, counted apart. */
  modelSteps: z.int().nonnegative(),
  /** CPU seconds of workers and policies; a clock field, never compared. */
  cpuSeconds: z.number().nonnegative(),
});
/** What a request used, parsed. */
export type RequestUsage = z.infer<typeof requestUsage>;

/** A candidate as an author hands it over. */
export const proposalSchema = z.strictObject({
  /** Short unique name: "bent switching curve". */
  label: z.string(),
  /** One sentence for people. */
  idea: z.string(),
  /** The policy's whole text. */
  source: z.string(),
  /** What everything else must beat: it becomes the first champion, whatever else is proposed. */
  baseline: z.boolean().optional(),
});
