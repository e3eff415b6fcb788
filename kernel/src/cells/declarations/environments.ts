/** Environments by the names that cells use: declared ones, simulators, registered ids. */
import {
  findNearest,
  diagnoseAt,
  isName,
  type CompareCell,
  type EnvironmentCell,
  type EnvironmentDeclaration,
  type EnvironmentKeys,
  type LearnCell,
  type Path,
  type PolicyCell,
} from '@policybook/language';
import {
  foldName,
  readFailedKey,
  type EnvironmentFacts,
  type EnvironmentSpec,
  type Failure,
} from '@policybook/protocol';
import {
  refuseDiagnostics,
  removeFullStop,
  succeed,
  type CellFailure,
  type CellResult,
} from '../errors/cell-failure';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import type { DeclaredEnvironment, Notebook, UncheckedEnvironment } from '../notebook/notebook';
import { describeCurrentEnvironment, type ReportingExecution } from './current-environment';
import { formatSpace } from './format-space';

type NamingCell = EnvironmentCell | LearnCell | PolicyCell | CompareCell;

/** The keys of a body that name an environment. */
const NAMING_KEYS: readonly Path[] = [['id'], ['environment']];

/** Where a cell names an environment: at a path of its body, or in its first line or under the usual keys for `null`. */
interface NamingPlace {
  readonly cell: NamingCell;
  readonly path: Path | null;
}

/** Checks the declaration of an `%%environment` cell against the real environment. Nothing is declared yet. */
export function resolveDeclaredEnvironment(
  notebook: Notebook,
  cell: EnvironmentCell,
  { name, id, ...keys }: EnvironmentDeclaration,
  execution: ReportingExecution,
): Promise<CellResult<DeclaredEnvironment>> {
  const base = { ...findDeclaration(notebook, id), name };
  return resolveWithKeys(notebook, { cell, path: null }, base, keys, execution);
}

/** Looks up and checks the environment that a cell names; keys given in place go over those of its declaration. */
export async function resolveNamedEnvironment(
  notebook: Notebook,
  cell: LearnCell | PolicyCell | CompareCell,
  name: string,
  keys: EnvironmentKeys,
  execution: ReportingExecution,
): Promise<CellResult<DeclaredEnvironment>> {
  return resolveAt(notebook, { cell, path: null }, name, keys, execution);
}

/** Looks up and checks an environment that the body of a cell names at a path; an error stands at that path. */
export async function resolveEnvironmentInBody(
  notebook: Notebook,
  cell: LearnCell | CompareCell,
  name: string,
  path: Path,
  execution: ReportingExecution,
): Promise<CellResult<DeclaredEnvironment>> {
  return resolveAt(notebook, { cell, path }, name, {}, execution);
}

async function resolveAt(
  notebook: Notebook,
  place: NamingPlace,
  name: string,
  keys: EnvironmentKeys,
  execution: ReportingExecution,
): Promise<CellResult<DeclaredEnvironment>> {
  const resolved = await resolveWithKeys(notebook, place, findDeclaration(notebook, name), keys, execution);
  if (resolved.ok && !notebook.environments.has(foldName(name)))
    sayNotes(notebook, resolved.value, execution);
  return resolved;
}

/** Says what a declaration would show of an environment that has none; each note once. */
function sayNotes(
  notebook: Notebook,
  { name, facts: { notes = [] } }: DeclaredEnvironment,
  execution: ReportingExecution,
): void {
  for (const note of notes) {
    const key = `${name}: ${note}`;
    if (!notebook.saidNotes.has(key)) execution.stream('stdout', `note: ${note}\n`);
    notebook.saidNotes.add(key);
  }
}

/** Checks an environment as a recorded run has it; keys given in place go over those of the record. */
export function resolveRecordedEnvironment(
  notebook: Notebook,
  cell: CompareCell,
  base: UncheckedEnvironment,
  keys: EnvironmentKeys,
  execution: ReportingExecution,
): Promise<CellResult<DeclaredEnvironment>> {
  return resolveWithKeys(notebook, { cell, path: null }, base, keys, execution);
}

/** Finds what a cell has declared under the name; else it is taken for a registered id. */
function findDeclaration(notebook: Notebook, name: string): UncheckedEnvironment {
  const folded = foldName(name);
  const declared = notebook.environments.get(folded) ?? notebook.openSimulators.get(folded);
  if (declared) return declared;
  const environment = { id: name, simulator: null, kwargs: {}, observe: null, maxEpisodeSteps: null };
  return { name, environment, observation: null, returns: null };
}

/** Puts the keys that are given in place over `base`, and checks the environment that comes of it. */
async function resolveWithKeys(
  notebook: Notebook,
  place: NamingPlace,
  base: UncheckedEnvironment,
  keys: EnvironmentKeys,
  execution: ReportingExecution,
): Promise<CellResult<DeclaredEnvironment>> {
  const { kwargs = {}, observe, maxEpisodeSteps, observation, returns, info, mask, reward, clocks } = keys;
  const { reward: rewarded, floats: known = [], ...plain } = base.environment;
  const kept = known.filter(([name]) => !Object.hasOwn(kwargs, String(name)));
  const floats = [...kept, ...(keys.floats ?? [])].map((path) => [...path]);
  const declared: EnvironmentSpec = {
    ...plain,
    // Absent for no, so that one declaration has one hash.
    ...((reward ?? rewarded) && { reward: true as const }),
    ...(info && { info: [...info] }),
    ...(mask !== undefined && { mask }),
    kwargs: { ...base.environment.kwargs, ...kwargs },
    ...(floats.length > 0 && { floats }),
    ...(observe && { observe: [...observe] }),
    ...(maxEpisodeSteps !== undefined && { maxEpisodeSteps }),
    ...(clocks && { clocks: { ...base.environment.clocks, ...clocks } }),
  };
  const described = await describeCurrentEnvironment(notebook, declared, execution);
  if (!described.ok) return refuseUnavailable(notebook, place, declared, described);
  const { environment, facts } = described.value;
  const resolved = {
    name: base.name,
    environment: giveMask(environment, facts),
    // Names belong to the coordinates that were shown; another selection has other names.
    observation: observation ?? (observe ? null : base.observation),
    returns: returns ?? base.returns,
    facts,
  };
  const wrong = checkNames(resolved.observation, facts);
  if (wrong === null) return succeed(resolved);
  return refuseAt('DeclarationError', place, [['observation']], wrong);
}

/**
 * Has policies get the mask that was declared, or that was found under the usual key: one that is no part of the
 * observation becomes an argument of act.
 */
function giveMask(environment: EnvironmentSpec, facts: EnvironmentFacts): EnvironmentSpec {
  const { observationSpace: space } = facts;
  const { mask = facts.infoMask, info = [] } = environment;
  return mask === undefined || space.keys?.includes(mask) === true || info.includes(mask)
    ? environment
    : { ...environment, info: [...info, mask] };
}

function refuseUnavailable(
  notebook: Notebook,
  place: NamingPlace,
  { id }: EnvironmentSpec,
  failure: Failure,
): CellFailure {
  const refusal = refuseEvaluatorFailure(failure);
  if (refusal.name !== 'EnvironmentError') return refusal;
  const { message } = refusal;
  switch (failure.code) {
    case 'unknown_environment': {
      const close = findNearest(id ?? '', [
        ...notebook.environments.keys(),
        ...notebook.openSimulators.keys(),
      ]);
      return refuseAt(
        'EnvironmentError',
        place,
        NAMING_KEYS,
        close === null
          ? [message, formatUndeclared(id ?? '')].join(' ').trimEnd()
          : `${removeFullStop(message)}; a cell has declared '${close}'`,
      );
    }
    case 'environment_error': {
      const key = readFailedKey(failure) ?? 'kwargs';
      return refuseAt('EnvironmentError', place, [[key], ...NAMING_KEYS], message);
    }
    default:
      return refuseAt('EnvironmentError', place, NAMING_KEYS, message);
  }
}

/** Hints at a cell that may not have run yet, as after a restart; empty for what no cell can declare, and for a versioned id. */
function formatUndeclared(id: string): string {
  if (!isName(id) || /-v\d+$/.test(id)) return '';
  return `If a cell of the notebook declares ${id}, run that cell first.`;
}

/** Reads the word by which the first line names the environment; `null` where it names none. */
function readEnvironmentWord(cell: NamingCell): string | null {
  if (cell.kind === 'compare') return null;
  return cell.kind === 'environment' ? cell.name : cell.environment;
}

/** Refuses a cell with one diagnostic at the path that names the environment, or else at the first of `keys` that the body has. */
function refuseAt(
  name: string,
  { cell, path }: NamingPlace,
  keys: readonly Path[],
  message: string,
): CellFailure {
  const place = path === null ? { keys, word: readEnvironmentWord(cell) } : { keys: [path] };
  return refuseDiagnostics(name, cell.code, [diagnoseAt(cell, place, message)]);
}

/** Says why the names cannot be those of the observation's coordinates; `null` where they can. */
function checkNames(names: readonly string[] | null, facts: EnvironmentFacts): string | null {
  if (names === null) return null;
  const { observationSpace: space } = facts;
  if (space.shape?.length !== 1)
    return `observation: names are for an observation of one dimension; this one is ${formatSpace(space)}`;
  const [size = 0] = space.shape;
  return size === names.length
    ? null
    : `observation: ${names.length} names for ${size} coordinates; the environment shows ${formatSpace(space)}`;
}
