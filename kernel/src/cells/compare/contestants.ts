/** Who takes part: the declaration's words resolved to texts, files and settings. Nothing is learned yet. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { PolicyLimits } from '@policybook/protocol';
import {
  fold,
  policyHash,
  type ContestantSettings,
  type RunSettings,
  type RunState,
} from '@policybook/engine';
import {
  problemAt,
  sampledSuffix,
  type CompareCell,
  type CompareDeclaration,
  type ContestantDeclaration,
} from '@policybook/language';
import { readRepeats, readRun } from '@policybook/store';
import { championOf } from '@policybook/views';
import { succeed, refuseDiagnostics, refuse, type CellResult } from '../errors/cell-failure';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import { readNamedPolicy, type NamedPolicy } from '../notebook/references';
import { runSettings } from '../learn/plan';
import { startingText } from '../learn/starting-text';

export interface Resolving {
  readonly notebook: Notebook;
  readonly cell: CompareCell;
  readonly declaration: CompareDeclaration;
  readonly signal: AbortSignal;
}

/** Policies that are there, by the name of their contestant. */
export type Policies = ReadonlyMap<string, readonly NamedPolicy[]>;

/** Reads the policies first: the environment may be theirs. */
export async function namedPolicies(resolving: Resolving): Promise<CellResult<Policies>> {
  const policies = new Map<string, readonly NamedPolicy[]>();
  for (const contestant of resolving.declaration.contestants) {
    if (contestant.kind !== 'policies') continue;
    const members = await membersOf(resolving.notebook, contestant);
    if (!members.ok) return placed(resolving, contestant.name, members.error.name, members.error.message);
    policies.set(contestant.name, members.value);
  }
  return succeed(policies);
}

/** One policy, or the champion of every search of a run that was repeated. */
async function membersOf(
  notebook: Notebook,
  { reference }: Extract<ContestantDeclaration, { kind: 'policies' }>,
): Promise<CellResult<readonly NamedPolicy[]>> {
  const whole =
    reference.kind === 'name'
      ? reference.name
      : reference.kind === 'candidate' && reference.candidate === 'best'
        ? reference.run
        : null;
  const repeats =
    whole === null || notebook.policies.has(whole) ? null : await readRepeats(notebook.runsFolder, whole);
  if (repeats === null || whole === null) {
    const policy = await readNamedPolicy(notebook, reference);
    return policy.ok ? succeed([policy.value]) : policy;
  }
  const members: NamedPolicy[] = [];
  for (const search of repeats.searches.slice(0, repeats.repeat)) {
    const run = `${whole}/${search}`;
    const policy = await readNamedPolicy(notebook, { kind: 'candidate', run, candidate: 'best' });
    if (!policy.ok) return policy;
    members.push(policy.value);
  }
  return members.length === 0 ? refuse('ReferenceError', `${whole} has no search yet`) : succeed(members);
}

/** Everybody's settings, in the order in which they enter: those that are there, then those that have to be learned. */
export async function contestantSettings(
  resolving: Resolving,
  environment: DeclaredEnvironment,
  policies: Policies,
  limits: PolicyLimits,
): Promise<CellResult<readonly ContestantSettings[]>> {
  const { declaration } = resolving;
  const contestants: ContestantSettings[] = [];
  for (const contestant of declaration.contestants) {
    const settings = await settingsOf(resolving, contestant, environment, policies, limits);
    if (!settings.ok) return settings;
    contestants.push(settings.value);
  }
  if (!declaration.sampling) return succeed(contestants);
  const sampled = contestants.flatMap((each) =>
    isByModel(each, policies) ? [sampledOf(declaration.comparison, each.name)] : [],
  );
  if (sampled.length > 0) return succeed([...contestants, ...sampled]);
  const message = 'sampling: nobody who takes part has a model as author, so there is nobody to sample';
  return placed(resolving, null, 'DeclarationError', message);
}

async function settingsOf(
  resolving: Resolving,
  contestant: ContestantDeclaration,
  environment: DeclaredEnvironment,
  policies: Policies,
  limits: PolicyLimits,
): Promise<CellResult<ContestantSettings>> {
  const { notebook, declaration, signal } = resolving;
  const { name } = contestant;
  switch (contestant.kind) {
    case 'policies': {
      const members = (policies.get(name) ?? []).map(({ reference, source }) => ({
        reference,
        hash: policyHash(source),
      }));
      return succeed({ name, origin: { kind: 'policies', members } });
    }
    case 'agent': {
      const file = await agentFile(notebook, contestant.path);
      if (!file.ok) return placed(resolving, name, file.error.name, file.error.message);
      // A file that holds no agent is told here, at its place.
      const text = await notebook.evaluator.request(
        'agent.text',
        { file: file.value.toString('base64') },
        { signal },
      );
      if (!text.ok && text.code === 'bad_agent')
        return placed(resolving, name, 'PolicyError', `${contestant.path}: ${text.message}`);
      if (!text.ok) return refuseEvaluatorFailure(text);
      const hash = createHash('sha256').update(file.value).digest('hex');
      return succeed({ name, origin: { kind: 'agent', file: contestant.path, hash } });
    }
    case 'baseline': {
      const { baseline, action } = contestant;
      const params = { environment: environment.environment, baseline, action };
      const texts = await notebook.evaluator.request('baseline.texts', params, { signal });
      if (!texts.ok && texts.code === 'no_baseline')
        return placed(resolving, name, 'PolicyError', `${name}: ${texts.message}`);
      if (!texts.ok) return refuseEvaluatorFailure(texts);
      return succeed({ name, origin: { kind: 'baseline', baseline, action } });
    }
    case 'training': {
      const { algorithm, steps, repeat, settings } = contestant;
      return succeed({
        name,
        origin: { kind: 'training', algorithm, steps, repeat, settings: { ...settings } },
      });
    }
    case 'author': {
      const { search, seed } = contestant;
      const trial = { environment, limits, signal };
      const start = await startingText(notebook, search.start, trial, (kind, message) =>
        placed(resolving, name, kind, `start: ${message}`),
      );
      if (!start.ok) return start;
      const settings = runSettings({ ...search, seed }, environment, start.value, limits);
      const run = runName(declaration.comparison, name);
      return succeed({ name, origin: { kind: 'author', run, repeat: search.repeat, settings } });
    }
  }
}

/** The bytes of a recorded agent. */
export async function agentFile(notebook: Notebook, path: string): Promise<CellResult<Buffer>> {
  const full = isAbsolute(path) ? path : join(notebook.folder, path);
  try {
    return succeed(await readFile(full));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'not readable';
    return refuse('ReferenceError', `${path} cannot be read (${reason}); paths start at ${notebook.folder}`);
  }
}

function isByModel({ name, origin }: ContestantSettings, policies: Policies): boolean {
  if (origin.kind === 'author') return isModel(origin.settings);
  const members = policies.get(name) ?? [];
  return (
    members.length > 0 &&
    members.every((policy) => policy.origin !== null && isModel(policy.origin.state.settings))
  );
}

function isModel({ author }: RunSettings): boolean {
  return author.kind === 'openai' && author.memory !== 'none';
}

function sampledOf(comparison: string, name: string): ContestantSettings {
  const run = runName(comparison, `${name}-sampled`);
  return { name: `${name}${sampledSuffix}`, origin: { kind: 'sampling', of: name, run } };
}

/** Of the run in which a contestant is learned: `bench-search`. */
function runName(comparison: string, name: string): string {
  return `${comparison}-${name.replaceAll(/[^\p{L}\p{N}_.]+/gu, '-').replaceAll(/^-+|-+$/g, '')}`;
}

export interface LearnedRun {
  readonly state: RunState;
  /** Seconds that it took. */
  readonly cpu: number;
  readonly elapsed: number;
}

/** A run as its folder has it by now; `null` where it cannot be read. */
export async function learnedRun(notebook: Notebook, run: string): Promise<LearnedRun | null> {
  const stored = await readRun(notebook.runsFolder, run);
  const state = stored.ok ? fold(stored.value.events) : null;
  return stored.ok && state !== null ? { state, ...stored.value.clocks } : null;
}

/** The run that a contestant's member was learned in; `null` for those that were not learned in one. */
export function runOfMember({ origin }: ContestantSettings, member: number): string | null {
  if (origin.kind === 'author') return `${origin.run}/${member}`;
  if (origin.kind !== 'policies') return null;
  const reference = origin.members[member - 1]?.reference ?? '';
  return /^(?<run>[^@]+)@\d+$/u.exec(reference)?.groups?.['run'] ?? null;
}

/** The champion of a run, as a contestant. */
export function championText(
  state: RunState,
): { readonly policy: string; readonly reference: string; readonly label: string } | null {
  const champion = championOf(state);
  if (champion === null) return null;
  const { id, policy, label } = champion.candidate;
  return { policy, reference: `${state.run}@${id}`, label };
}

/** An error at the contestant's place in the cell; without a name, at the baselines. */
function placed(
  { cell, declaration }: Resolving,
  name: string | null,
  error: string,
  message: string,
): CellResult<never> {
  const index = declaration.contestants
    .filter(({ kind }) => kind === 'policies' || kind === 'agent')
    .findIndex((each) => each.name === name);
  const baseline = declaration.contestants
    .filter(({ kind }) => kind === 'baseline')
    .findIndex((each) => each.name === name);
  const keys =
    name === null
      ? [['baselines']]
      : [
          ['policies', name],
          ['policies', index],
          ['authors', name],
          ['agents', name],
          ['baselines', baseline],
          ['baselines'],
        ];
  return refuseDiagnostics(error, cell.code, [problemAt(cell, { keys }, message)]);
}
