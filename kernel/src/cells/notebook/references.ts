/** From a policy reference to the text it names, with what is known about it. */
import { readFile, stat } from 'node:fs/promises';
import { basename, relative, resolve, sep } from 'node:path';
import type { EnvironmentFacts, EnvironmentSpec } from '@policybook/protocol';
import { type CandidateId, type Clocks, type RunEvent, type RunState, type Score } from '@policybook/engine';
import { findNearest, type Reference } from '@policybook/language';
import {
  listRuns,
  readComparison,
  readPolicy,
  readReplicatedRun,
  readRun,
  type StoredReplicatedRun,
  type StoredRun,
} from '@policybook/store';
import { findScoredChampion, findScoredHead, formatQuantity, formatReference } from '@policybook/views';
import { succeed, refuse, type CellFailure, type CellResult } from '../errors/cell-failure';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import { formatUnreadablePath } from '../errors/system-error';
import { takePolicy } from './exported-text';
import type { DeclaredEnvironment, Notebook } from './notebook';

/** What a policy was learned in. */
export interface PolicyOrigin {
  /** The present name of its run: `first~1` for one that gave up its name. */
  readonly run: string;
  /** Its folder. */
  readonly path: string;
  readonly candidate: CandidateId;
  readonly environment: EnvironmentSpec;
  readonly environmentName: string;
  readonly facts: EnvironmentFacts;
  readonly events: readonly RunEvent[];
  readonly state: RunState;
  readonly hash: string;
}

/** A policy that a reference names. */
export interface NamedPolicy {
  /** As people write it: `first@7`, a name, a path. */
  readonly reference: string;
  readonly source: string;
  readonly score: Score | null;
  /** `null` for policies by hand. */
  readonly origin: PolicyOrigin | null;
}

/** A policy that was learned in a run. */
export interface LearnedPolicy extends NamedPolicy {
  readonly origin: PolicyOrigin;
}

/** A policy by hand whose cell named an environment. */
export interface HandPolicy extends NamedPolicy {
  readonly origin: null;
  /** What the notebook has declared under that name by now. */
  readonly environment: DeclaredEnvironment;
}

/** Reads the policy of a command that plays it: one that a run has learned, or one by hand with an environment. */
export async function readPlayablePolicy(
  notebook: Notebook,
  named: { readonly reference: Reference; readonly text: string },
  signal: AbortSignal,
): Promise<CellResult<LearnedPolicy | HandPolicy>> {
  const { reference, text } = named;
  const declared = reference.kind === 'name' ? notebook.policies.get(reference.name) : undefined;
  if (reference.kind === 'path') return refuseFile(notebook, reference, text, signal);
  if (declared === undefined) return readLearnedPolicy(notebook, named, signal);
  const policy = await readNamedPolicy(notebook, reference, signal);
  if (!policy.ok) return policy;
  const { environment } = declared;
  if (environment === null)
    return refuse(
      'CommandError',
      `${text} was declared without an environment: write %%policy ${text} for ENV, and run that cell`,
    );
  return succeed({
    ...policy.value,
    origin: null,
    environment: notebook.environments.get(environment.name) ?? environment,
  });
}

/** Refuses a file or a folder where an environment is needed, with the ways to give it one. */
async function refuseFile(
  notebook: Notebook,
  reference: Extract<Reference, { readonly kind: 'path' }>,
  text: string,
  signal: AbortSignal,
): Promise<CellFailure> {
  const policy = await readNamedPolicy(notebook, reference, signal);
  if (!policy.ok) return policy;
  const declared = text.endsWith('.py')
    ? `write %%policy NAME for ENV above its text, which %load ${text} brings into a cell, and name NAME; or learn`
    : 'learn';
  return refuse(
    'CommandError',
    `no environment is known for ${text}: ${declared} from it with start: ${text} in a %%learn cell, whose run has it as RUN@1`,
  );
}

/** Reads the policy of a command that needs the run in which it was learned. */
export async function readLearnedPolicy(
  notebook: Notebook,
  { reference, text }: { readonly reference: Reference; readonly text: string },
  signal: AbortSignal,
): Promise<CellResult<LearnedPolicy>> {
  const policy = await readNamedPolicy(notebook, reference, signal);
  if (!policy.ok) return policy;
  const { origin } = policy.value;
  if (origin === null)
    return refuse(
      'CommandError',
      `${text} belongs to no run; this command takes a policy that a run has learned, such as RUN or RUN@2`,
    );
  return succeed({ ...policy.value, origin });
}

/**
 * Reads the policy that a reference names: a candidate, a run's head or champion, a `%%policy` cell's text, a file or a folder,
 * which is read until `signal` aborts.
 */
export async function readNamedPolicy(
  notebook: Notebook,
  reference: Reference,
  signal: AbortSignal,
): Promise<CellResult<NamedPolicy>> {
  switch (reference.kind) {
    case 'candidate':
      return readRunPolicy(notebook, reference.run, reference.candidate);
    case 'name': {
      const { name } = reference;
      const declared = notebook.policies.get(name);
      if (declared === undefined) return readRunPolicy(notebook, name, 'best');
      if (await isRun(notebook, name))
        return refuse(
          'ReferenceError',
          `'${name}' is a run and a %%policy cell: ${name}@best is the run's best policy; for the cell's policy run the cell under another name`,
        );
      return succeed({ reference: name, source: declared.source, score: null, origin: null });
    }
    case 'path':
      return readPolicyFile(notebook, reference.path, signal);
  }
}

/** Whether a run, or a repeated run, has this name by now. */
async function isRun(notebook: Notebook, name: string): Promise<boolean> {
  const replicated = await readReplicatedRun(notebook.runsFolder, name);
  return replicated !== null || (await readRun(notebook.runsFolder, name)).ok;
}

/** Takes the name that a run's cell gave it: `first` of `first~1` and of `first/2`. */
export function takeDeclaredName(run: string): string {
  return run.replace(/[~/].*$/, '');
}

/** A run as its record says, with its state. */
export interface ReadRun {
  readonly path: string;
  readonly events: readonly RunEvent[];
  readonly state: RunState;
  readonly clocks: Clocks;
}

/** Reads a run's events and its state from its folder; an error where the record is broken. */
export async function readSoundRun(notebook: Notebook, run: string): Promise<CellResult<ReadRun>> {
  const readable = await readSoundPartOfRun(notebook, run);
  if (!readable.ok || readable.value.unreadable === null) return readable;
  return refuse('RunError', readable.value.unreadable.message);
}

/** Reads a run as `readSoundRun` does, but of a broken record what stands before the broken line. */
export async function readSoundPartOfRun(
  notebook: Notebook,
  run: string,
): Promise<CellResult<ReadRun & Pick<StoredRun, 'unreadable'>>> {
  const stored = await readRun(notebook.runsFolder, run);
  if (!stored.ok) {
    if (stored.code !== 'no_such_run') return refuse('RunError', stored.message);
    const replicated = await readReplicatedRun(notebook.runsFolder, run);
    if (replicated !== null) return refuseRepeatedRun(run, replicated);
    if ((await readComparison(notebook.runsFolder, run)) !== null)
      return refuse(
        'ReferenceError',
        `'${run}' is a comparison, and no run or policy; %attach ${run} shows it`,
      );
    const runs = await listRuns(notebook.runsFolder);
    const known = [...new Set([...runs.map((each) => each.run), ...notebook.policies.keys()])];
    const close = findNearest(run, known);
    const names = known.length === 0 ? 'There are no runs yet.' : `There are: ${known.join(', ')}.`;
    return refuse(
      'ReferenceError',
      `no run or policy is called '${run}'${close === null ? '.' : `; did you mean '${close}'?`} ${names}`,
    );
  }
  const { path, events, state, clocks, unreadable } = stored.value;
  return state === null
    ? refuse('RunError', unreadable?.message ?? `the run ${run} has not started: run its cell again`)
    : succeed({ path, events, state, clocks, unreadable });
}

/** Refuses the name of a repeated run: the best of several replicates has been lucky, and does not show what one gives on average. */
function refuseRepeatedRun(run: string, { replicates }: StoredReplicatedRun): CellResult<never> {
  const names = replicates.map((replicate) => `${run}/${replicate}`);
  return refuse(
    'ReferenceError',
    `${run} was repeated, and each of its replicates has a champion of its own: name one of ${names.join(', ')}`,
  );
}

async function readRunPolicy(
  notebook: Notebook,
  run: string,
  which: number | 'best' | 'champion',
): Promise<CellResult<NamedPolicy>> {
  const recorded = await readSoundRun(notebook, run);
  if (!recorded.ok) return recorded;
  const { path, events, state } = recorded.value;
  const id = findReferenced(state, which);
  const candidate = id === undefined ? undefined : state.candidates.get(id);
  if (candidate === undefined) {
    const count = state.candidates.size;
    const known = count === 0 ? 'no candidate yet' : formatQuantity(count, 'candidate');
    const message =
      typeof which === 'string'
        ? `${run} has no champion yet, and ${known}: run its cell again`
        : `${run} has no candidate ${which}; it has ${known}, counted from 1`;
    return refuse('ReferenceError', message);
  }
  const { settings, facts } = state;
  return succeed({
    reference: formatReference(run, candidate.id),
    source: await readPolicy(path, candidate),
    score: candidate.score,
    origin: {
      run,
      path,
      candidate: candidate.id,
      environment: settings.environment,
      environmentName: settings.environmentName,
      facts,
      events,
      state,
      hash: candidate.hash,
    },
  });
}

/** Finds the head, the champion, or the candidate of a number. */
function findReferenced(state: RunState, which: number | 'best' | 'champion'): CandidateId | undefined {
  if (which === 'best') return findScoredHead(state)?.candidate.id;
  return which === 'champion' ? findScoredChampion(state)?.candidate.id : findCandidateId(state, which);
}

function findCandidateId(state: RunState, number: number): CandidateId | undefined {
  return [...state.candidates.keys()].find((id) => id === number);
}

/** Reads a file, or a folder with a `policy.py`, which becomes one text. */
async function readPolicyFile(
  notebook: Notebook,
  path: string,
  signal: AbortSignal,
): Promise<CellResult<NamedPolicy>> {
  const full = resolve(notebook.folder, path);
  try {
    if ((await stat(full)).isDirectory()) return await readPolicyFolder(notebook, path, full, signal);
    const source = takePolicy(await readFile(full, 'utf8'));
    return succeed({ reference: path, source, score: null, origin: null });
  } catch (error) {
    return refuse('ReferenceError', formatUnreadablePath(path, notebook.folder, error));
  }
}

async function readPolicyFolder(
  notebook: Notebook,
  path: string,
  folder: string,
  signal: AbortSignal,
): Promise<CellResult<NamedPolicy>> {
  const inlined = await notebook.evaluator.request('policy.inline', { folder }, { signal });
  if (!inlined.ok)
    return inlined.code === 'folder_error' || inlined.code === 'syntax_error'
      ? refuse('ReferenceError', inlined.message)
      : refuseEvaluatorFailure(inlined);
  return succeed({ reference: path, source: inlined.value.source, score: null, origin: null });
}

/** Formats a path as the notebook sees it, with `/` between names. */
export function formatNotebookPath(notebook: Notebook, path: string): string {
  const inside = relative(notebook.folder, path);
  return inside === '' ? basename(path) : inside.split(sep).join('/');
}
