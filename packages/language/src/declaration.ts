/** Declarations, checked: names and values as the engine's `RunSettings` take them. */
import { BUDGET_KEYS, BUDGET_KINDS, BUDGET_NAMES, collectRows, type Budget } from '@policybook/protocol';
import type { z } from 'zod';
import { parseReference, type Reference } from './reference';
import { toAuthor, type AuthorDeclaration } from './schema/author';
import type { Path } from './schema/json-schema';
import type { environmentBody } from './schema/environment';
import { toGoldenCases, type GoldenCaseDeclaration } from './schema/golden';
import type { learnBody, runKeys } from './schema/learn';

/** What can be said about an environment; absent keys were not written. */
export interface EnvironmentKeys {
  readonly kwargs?: Readonly<Record<string, z.infer<z.ZodJSONSchema>>>;
  /** Where whole numbers in `kwargs` are floats of Python: keys and indices. */
  readonly floats?: readonly Path[];
  readonly observe?: readonly number[];
  readonly observation?: readonly string[];
  /** Keys of `info` that become arguments of `act`. */
  readonly info?: readonly string[];
  /** Key of the mask that says which actions are legal. */
  readonly mask?: string;
  /** Whether the last reward becomes one. */
  readonly reward?: boolean;
  readonly maxEpisodeSteps?: number;
  readonly returns?: readonly [number, number];
  /** The most seconds of each operation of the environment. */
  readonly clocks?: { readonly step?: number; readonly reset?: number; readonly make?: number };
}

/** A checked `%%environment` cell. */
export interface EnvironmentDeclaration extends EnvironmentKeys {
  readonly kind: 'environment';
  readonly name: string;
  /** Registered id, or the name of a `%%simulator` cell. */
  readonly id: string;
  /** The body as it is recorded: `!py` values filled in. */
  readonly text: string;
}

/** The checked keys of one run. Absent members of `racing` and `acceptance` take the engine's defaults. */
export interface RunKeys {
  readonly author: AuthorDeclaration;
  readonly budget: Budget;
  readonly racing: { readonly seeds?: number; readonly most?: number };
  readonly acceptance: {
    readonly confidence?: number;
    readonly minEffect?: number;
    readonly budgetShare?: number;
  };
  readonly errorRate: 'per_comparison' | 'per_run';
  /** Whether the head is simplified; as a mapping, with further environments by their names. */
  readonly simplify: boolean | { readonly on: readonly string[] };
  readonly tune: boolean;
  readonly start: Reference | null;
  /** Number of replicates, at least 1. */
  readonly repeat: number;
}

/** What one policy may use; absent members take the engine's defaults. */
export interface PolicyLimitsDeclaration {
  readonly stepMs?: number;
  readonly importMs?: number;
  readonly memoryMb?: number;
  readonly imports?: readonly string[];
  /** A folder, as it was written. */
  readonly data?: string;
}

/** A checked `%%learn` cell. */
export interface LearnDeclaration extends RunKeys {
  readonly kind: 'learn';
  readonly run: string;
  /** A declared environment's name or a registered id. */
  readonly environment: string;
  /** Keys given in place; they go over those of the declared environment. */
  readonly overrides: EnvironmentKeys;
  readonly seed: number;
  /** Episodes on which no later head may lose; absent where there are none. */
  readonly golden?: readonly GoldenCaseDeclaration[];
  readonly policy: PolicyLimitsDeclaration;
  /** The cell ends at once. No part of what the declaration is. */
  readonly background: boolean;
  /** Learn again although this very declaration has finished. No part of what the declaration is. */
  readonly again: boolean;
  /** The body as it is recorded: `!py` values filled in. */
  readonly text: string;
}

/** What of a body its checked value does not say. */
export interface WrittenBody {
  /** The body as it is recorded: `!py` values filled in. */
  readonly text: string;
  /** Where whole numbers in `kwargs` are floats of Python. */
  readonly floats: readonly Path[];
}

/** Takes a checked `%%environment` body. */
export function toEnvironment(
  name: string,
  body: z.output<typeof environmentBody>,
  { text, floats }: WrittenBody,
): EnvironmentDeclaration {
  return {
    kind: 'environment',
    name,
    id: body.id,
    ...toEnvironmentKeys(body, floats),
    ...toClocks(body.environment),
    text,
  };
}

/** Takes a checked `%%learn` body. */
export function toLearn(
  header: { readonly run: string; readonly environment: string },
  body: z.output<typeof learnBody>,
  { text, floats }: WrittenBody,
): LearnDeclaration {
  return {
    kind: 'learn',
    ...header,
    overrides: { ...toEnvironmentKeys(body, floats), ...toClocks(body.environment) },
    ...toRunKeys(body),
    seed: body.seed,
    ...(body.golden && { golden: toGoldenCases(body.golden) }),
    policy: toPolicy(body.policy ?? {}),
    background: body.background,
    again: body.again,
    text,
  };
}

/** Takes the checked keys of a run. */
export function toRunKeys(body: z.output<z.ZodObject<typeof runKeys>>): RunKeys {
  const start = body.start === undefined ? undefined : parseReference(body.start);
  return {
    author: toAuthor(body.author),
    budget: toBudget(body),
    racing: body.racing ?? {},
    acceptance: toAcceptance(body.acceptance ?? {}),
    errorRate: body.error_rate,
    simplify: body.simplify,
    tune: body.tune,
    start: start?.ok ? start.value : null,
    repeat: body.repeat,
  };
}

function toAcceptance(
  acceptance: NonNullable<z.output<typeof learnBody>['acceptance']>,
): RunKeys['acceptance'] {
  const { confidence, min_effect: minEffect, budget_share: budgetShare } = acceptance;
  return {
    ...(confidence !== undefined && { confidence }),
    ...(minEffect !== undefined && { minEffect }),
    ...(budgetShare !== undefined && { budgetShare }),
  };
}

/** Takes the checked clocks of an environment, in seconds; absent where none was written. */
function toClocks(clocks: z.output<typeof environmentBody>['environment']): Pick<EnvironmentKeys, 'clocks'> {
  return clocks === undefined || Object.keys(clocks).length === 0 ? {} : { clocks };
}

/** Takes the checked keys of an environment; absent keys stay absent. */
export function toEnvironmentKeys(
  body: Omit<z.output<typeof environmentBody>, 'id' | 'environment'>,
  floats: WrittenBody['floats'],
): EnvironmentKeys {
  const { kwargs, observe, observation, info, mask, reward, returns, max_episode_steps: steps } = body;
  return {
    ...(kwargs && { kwargs }),
    ...(kwargs && floats.length > 0 && { floats }),
    ...(observe && { observe }),
    ...(observation && { observation }),
    ...(info && { info }),
    ...(mask !== undefined && { mask }),
    ...(reward !== undefined && { reward }),
    ...(steps !== undefined && { maxEpisodeSteps: steps }),
    ...(returns && { returns }),
  };
}

/** Takes the checked limits of a policy: milliseconds and megabytes; absent keys stay absent. */
export function toPolicy(policy: NonNullable<z.output<typeof learnBody>['policy']>): PolicyLimitsDeclaration {
  const { step, import: importing, memory, imports, data } = policy;
  return {
    ...(step !== undefined && { stepMs: step * 1000 }),
    ...(importing !== undefined && { importMs: importing * 1000 }),
    ...(memory !== undefined && { memoryMb: memory }),
    ...(imports && { imports }),
    ...(data !== undefined && { data }),
  };
}

function toBudget(body: z.output<z.ZodObject<typeof runKeys>>): Budget {
  const isGiven = BUDGET_NAMES.some((name) => body[BUDGET_KEYS[name]] !== undefined);
  return collectRows(
    BUDGET_NAMES.map((name) => {
      const { fallback = null } = BUDGET_KINDS[name];
      return [name, body[BUDGET_KEYS[name]] ?? (isGiven ? null : fallback)];
    }),
  );
}
