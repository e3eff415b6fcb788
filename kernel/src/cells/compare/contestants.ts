/** The contestants of a comparison: their declarations resolved to texts, files and settings. Nothing is learned yet. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { readAuthorTraits, sampleIndependently } from '@policybook/authors';
import type { PolicyLimits } from '@policybook/protocol';
import { hashPolicy, type ContestantSettings, type RunSettings } from '@policybook/engine';
import {
  diagnoseAt,
  SAMPLING_SUFFIX,
  type CompareCell,
  type CompareDeclaration,
  type ContestantDeclaration,
  type Reference,
} from '@policybook/language';
import { readReplicatedRun } from '@policybook/store';
import {
  refuse,
  refuseDiagnostics,
  succeed,
  type CellFailure,
  type CellResult,
} from '../errors/cell-failure';
import type { ReportingExecution } from '../declarations/current-environment';
import { resolveSimplification } from '../declarations/variant-environments';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import { formatUnreadablePath } from '../errors/system-error';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import { resolveAuthor } from '../notebook/recorded-answers';
import { readNamedPolicy, takeDeclaredName, type NamedPolicy } from '../notebook/references';
import { resolveSettings, resolveStart } from '../learn/plan';

/** What the planning of every contestant needs. */
export interface PlanningContext {
  readonly notebook: Notebook;
  readonly cell: CompareCell;
  readonly declaration: CompareDeclaration;
  readonly execution: ReportingExecution;
  readonly signal: AbortSignal;
}

/** The policies that exist already, by the name of their contestant. */
export type Policies = ReadonlyMap<string, readonly NamedPolicy[]>;

/** Reads the policies that exist already. They are read first because the environment may be theirs. */
export async function readPolicies(context: PlanningContext): Promise<CellResult<Policies>> {
  const policies = new Map<string, readonly NamedPolicy[]>();
  for (const contestant of context.declaration.contestants) {
    if (contestant.kind !== 'policies') continue;
    const replicates = await readReplicates(context, contestant);
    if (!replicates.ok && replicates.code === 'cancelled') return replicates;
    if (!replicates.ok)
      return refuseAtContestant(context, contestant.name, replicates.name, replicates.message);
    const { comparison } = context.declaration;
    if (replicates.value.some(({ origin }) => origin && takeDeclaredName(origin.run) === comparison))
      return refuseAtContestant(
        context,
        contestant.name,
        'DeclarationError',
        `the comparison cannot be called ${comparison}: it would take the name from the run that it compares; write %%compare as another name`,
      );
    policies.set(contestant.name, replicates.value);
  }
  return succeed(policies);
}

/** Reads one policy, or the champion of every replicate of a repeated run. */
async function readReplicates(
  { notebook, signal }: PlanningContext,
  { reference }: Extract<ContestantDeclaration, { kind: 'policies' }>,
): Promise<CellResult<readonly NamedPolicy[]>> {
  const whole = readWholeRun(notebook, reference);
  const replicated = whole === null ? null : await readReplicatedRun(notebook.runsFolder, whole);
  if (replicated === null || whole === null) {
    const policy = await readNamedPolicy(notebook, reference, signal);
    return policy.ok ? succeed([policy.value]) : policy;
  }
  const replicates: NamedPolicy[] = [];
  for (const replicate of replicated.replicates.slice(0, replicated.repeat)) {
    const run = `${whole}/${replicate}`;
    const champion = { kind: 'candidate', run, candidate: 'best' } as const;
    const policy = await readNamedPolicy(notebook, champion, signal);
    if (!policy.ok) return policy;
    replicates.push(policy.value);
  }
  return replicates.length === 0
    ? refuse('ReferenceError', `${whole} has no replicate yet: run its cell first`)
    : succeed(replicates);
}

/** Reads which run a reference means as a whole; `null` where it means one candidate, a `%%policy` cell or a file. */
function readWholeRun(notebook: Notebook, reference: Reference): string | null {
  switch (reference.kind) {
    case 'name':
      return notebook.policies.has(reference.name) ? null : reference.name;
    case 'candidate':
      return reference.candidate === 'best' ? reference.run : null;
    case 'path':
      return null;
  }
}

/** Resolves every contestant, in the order in which they enter, those that sample an author's model last. */
export async function planContestants(
  context: PlanningContext,
  environment: DeclaredEnvironment,
  policies: Policies,
  limits: PolicyLimits,
): Promise<CellResult<readonly ContestantSettings[]>> {
  const { declaration } = context;
  const contestants: ContestantSettings[] = [];
  for (const contestant of declaration.contestants) {
    const settings = await planContestant(context, contestant, environment, policies, limits);
    if (!settings.ok) return settings;
    contestants.push(settings.value);
  }
  const sampled = declaration.isSampling
    ? contestants.flatMap((each) =>
        isAuthoredByModel(each, policies) ? [planSampling(declaration.comparison, each.name)] : [],
      )
    : [];
  const message = 'sampling: no contestant has a model as author, so there is no model to sample';
  if (declaration.isSampling && sampled.length === 0)
    return refuseAtContestant(context, null, 'DeclarationError', message);
  const all = [...contestants, ...sampled];
  return refuseSharedRun(context, all, policies) ?? succeed(all);
}

/**
 * Refuses contestants that would be learned in one run, because their names differ in what no run is named by, or in the run
 * of a policy that takes part; `null` for none.
 */
function refuseSharedRun(
  context: PlanningContext,
  contestants: readonly ContestantSettings[],
  policies: Policies,
): CellFailure | null {
  const owners = new Map<string, string>();
  const sources = new Map(
    [...policies].flatMap(([name, known]) =>
      known.flatMap(({ origin }) => (origin === null ? [] : [[takeDeclaredName(origin.run), name] as const])),
    ),
  );
  for (const { name, origin } of contestants) {
    if (origin.kind !== 'author' && origin.kind !== 'sampling') continue;
    const { run } = origin;
    const [owner, source] = [owners.get(run), sources.get(run)];
    owners.set(run, name);
    if (owner === undefined && source === undefined) continue;
    const message =
      owner === undefined
        ? `'${name}' would be learned in the run ${run}, which '${source}' comes from; give '${name}' another name`
        : `'${owner}' and '${name}' would both be learned in the run ${run}; give one of them another name`;
    const place = origin.kind === 'sampling' ? origin.of : name;
    return refuseAtContestant(context, place, 'DeclarationError', message);
  }
  return null;
}

async function planContestant(
  context: PlanningContext,
  contestant: ContestantDeclaration,
  environment: DeclaredEnvironment,
  policies: Policies,
  limits: PolicyLimits,
): Promise<CellResult<ContestantSettings>> {
  const { name } = contestant;
  switch (contestant.kind) {
    case 'policies': {
      const texts = policies.get(name) ?? [];
      const replicates = texts.map(({ reference, source }) => ({ reference, hash: hashPolicy(source) }));
      return succeed({ name, origin: { kind: 'policies', policies: replicates } });
    }
    case 'agent':
      return planAgent(context, contestant);
    case 'baseline':
      return planBaseline(context, contestant, environment);
    case 'training': {
      const { algorithm, steps, repeat, settings } = contestant;
      return succeed({
        name,
        origin: { kind: 'training', algorithm, steps, repeat, settings: { ...settings } },
      });
    }
    case 'author':
      return planAuthor(context, contestant, environment, limits);
  }
}

type DeclarationOf<K extends ContestantDeclaration['kind']> = Extract<ContestantDeclaration, { kind: K }>;

/** Plans an agent. A file that holds none is an error at its place in the cell, before anything is played. */
async function planAgent(
  context: PlanningContext,
  { name, path }: DeclarationOf<'agent'>,
): Promise<CellResult<ContestantSettings>> {
  const { notebook, signal } = context;
  const file = await readAgentFile(notebook, path);
  if (!file.ok) return refuseAtContestant(context, name, file.name, file.message);
  const params = { file: file.value.toString('base64') };
  const text = await notebook.evaluator.request('agent.text', params, { signal });
  if (!text.ok)
    return text.code === 'bad_agent'
      ? refuseAtContestant(context, name, 'PolicyError', `${path}: ${text.message}`)
      : refuseEvaluatorFailure(text);
  const hash = createHash('sha256').update(file.value).digest('hex');
  return succeed({ name, origin: { kind: 'agent', file: path, hash } });
}

/** Plans a baseline. One that does not exist for the environment is an error at its place in the cell. */
async function planBaseline(
  context: PlanningContext,
  { name, baseline, action }: DeclarationOf<'baseline'>,
  { environment }: DeclaredEnvironment,
): Promise<CellResult<ContestantSettings>> {
  const { notebook, signal } = context;
  const params = { environment, baseline, action };
  const texts = await notebook.evaluator.request('baseline.texts', params, { signal });
  if (!texts.ok)
    return texts.code === 'no_baseline'
      ? refuseAtContestant(context, name, 'PolicyError', `${name}: ${texts.message}`)
      : refuseEvaluatorFailure(texts);
  return succeed({ name, origin: { kind: 'baseline', baseline, action } });
}

async function planAuthor(
  context: PlanningContext,
  { name, search, seed }: DeclarationOf<'author'>,
  environment: DeclaredEnvironment,
  limits: PolicyLimits,
): Promise<CellResult<ContestantSettings>> {
  const { notebook, declaration, signal } = context;
  const trial = { environment, limits, signal };
  const start = await resolveStart(notebook, search.start, trial, (kind, message) =>
    refuseAtContestant(context, name, kind, `start: ${message}`),
  );
  if (!start.ok) return start;
  const simplify = await resolveSimplification(notebook, context.cell, search.simplify, {
    environment,
    path: ['authors', name, 'simplify'],
    execution: context.execution,
  });
  if (!simplify.ok) return simplify;
  const run = formatRunName(declaration.comparison, name);
  const author = await resolveAuthor(notebook, search.author, {
    run,
    environment: environment.environment,
  });
  if (!author.ok) return refuseAtContestant(context, name, author.name, author.message);
  const settings = resolveSettings(
    { ...search, author: author.value, seed, simplify: simplify.value },
    environment,
    start.value,
    limits,
  );
  return succeed({ name, origin: { kind: 'author', run, repeat: search.repeat, settings } });
}

/** Reads the bytes of a trained agent's file. */
export async function readAgentFile(notebook: Notebook, path: string): Promise<CellResult<Buffer>> {
  const full = isAbsolute(path) ? path : join(notebook.folder, path);
  try {
    return succeed(await readFile(full));
  } catch (error) {
    return refuse('ReferenceError', formatUnreadablePath(path, notebook.folder, error));
  }
}

function isAuthoredByModel({ name, origin }: ContestantSettings, policies: Policies): boolean {
  if (origin.kind === 'author') return isModelRun(origin.settings);
  const replicates = policies.get(name) ?? [];
  return (
    replicates.length > 0 &&
    replicates.every((policy) => policy.origin !== null && isModelRun(policy.origin.state.settings))
  );
}

function isModelRun({ author }: RunSettings): boolean {
  const { spendsModelCalls, hasIndependentSamples } = readAuthorTraits(author);
  return spendsModelCalls && !hasIndependentSamples && sampleIndependently(author) !== null;
}

function planSampling(comparison: string, name: string): ContestantSettings {
  const run = formatRunName(comparison, `${name}-sampled`);
  return { name: `${name}${SAMPLING_SUFFIX}`, origin: { kind: 'sampling', of: name, run } };
}

/** Names the run in which a contestant is learned: `bench-search`. */
function formatRunName(comparison: string, name: string): string {
  return `${comparison}-${name.replaceAll(/[^\p{L}\p{N}_.]+/gu, '-').replaceAll(/^-+|-+$/g, '')}`;
}

/** Refuses at the contestant's place in the cell; without a name, at the baselines. */
function refuseAtContestant(
  { cell, declaration }: PlanningContext,
  name: string | null,
  error: string,
  message: string,
): CellFailure {
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
  return refuseDiagnostics(error, cell.code, [diagnoseAt(cell, { keys }, message)]);
}
