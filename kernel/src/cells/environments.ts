/** Environments by the names that cells use: declared ones, simulators, registered ids. */
import { nearest, type EnvironmentDeclaration, type EnvironmentKeys } from '@policybook/language';
import type { EnvironmentFacts, EnvironmentSpec } from '@policybook/engine';
import { found, refused, type Outcome } from './cell-error';
import { evaluatorError } from './evaluator-failure';
import type { DeclaredEnvironment, Notebook } from './notebook';

/** Checks a declaration against the real environment. Nothing is declared yet. */
export function resolveDeclared(
  notebook: Notebook,
  { name, id, ...keys }: EnvironmentDeclaration,
  signal: AbortSignal,
): Promise<Outcome<DeclaredEnvironment>> {
  return describe(notebook, { ...baseOf(notebook, id), name }, keys, signal);
}

/** The environment of a `%%learn` or `%%policy` cell, with keys given in place. */
export function resolveNamed(
  notebook: Notebook,
  name: string,
  keys: EnvironmentKeys,
  signal: AbortSignal,
): Promise<Outcome<DeclaredEnvironment>> {
  return describe(notebook, baseOf(notebook, name), keys, signal);
}

type Base = Omit<DeclaredEnvironment, 'facts'>;

function baseOf(notebook: Notebook, name: string): Base {
  const declared = notebook.environments.get(name);
  if (declared) return declared;
  const environment = { id: name, simulator: null, kwargs: {}, observe: null, maxEpisodeSteps: null };
  return { name, environment, observation: null, returns: null };
}

async function describe(
  notebook: Notebook,
  base: Base,
  keys: EnvironmentKeys,
  signal: AbortSignal,
): Promise<Outcome<DeclaredEnvironment>> {
  const { kwargs, observe, maxEpisodeSteps, observation, returns } = keys;
  const environment: EnvironmentSpec = {
    ...base.environment,
    kwargs: { ...base.environment.kwargs, ...kwargs },
    ...(observe && { observe: [...observe] }),
    ...(maxEpisodeSteps !== undefined && { maxEpisodeSteps }),
  };
  const facts = await notebook.evaluator.request('environment.describe', { environment }, { signal });
  if (!facts.ok) {
    const declared = [...notebook.environments.keys()];
    const close = facts.code === 'unknown_environment' ? nearest(base.name, declared) : null;
    const error = evaluatorError(facts);
    if (error.ok || close === null) return error;
    return refused(error.error.name, `${error.error.message} A cell has declared '${close}'.`);
  }
  const resolved = {
    name: base.name,
    environment,
    // Names belong to the coordinates that were shown; another selection has other names.
    observation: observation ?? (observe ? null : base.observation),
    returns: returns ?? base.returns,
    facts: facts.value,
  };
  const wrong = wrongNames(resolved.observation, facts.value);
  return wrong === null ? found(resolved) : refused('DeclarationError', wrong);
}

function wrongNames(names: readonly string[] | null, facts: EnvironmentFacts): string | null {
  if (names === null) return null;
  const { shape, text } = facts.observationSpace;
  if (shape?.length !== 1)
    return `observation: names are for an observation of one dimension; this one is ${text}`;
  const [size = 0] = shape;
  return size === names.length
    ? null
    : `observation: ${names.length} names for ${size} coordinates; the environment shows ${text}`;
}
