/**
 * Environments as they are now: with what the notebook's Python has registered, and with the user's code as it stands in
 * its files. An environment of which nothing has changed is not made again for that.
 */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import {
  environmentRegistration,
  writeCanonicalJson,
  type EnvironmentFacts,
  type EnvironmentSpec,
  type Result,
  type UserCode,
} from '@policybook/protocol';
import { findDifferences, formatDifference, type RunState } from '@policybook/engine';
import { z } from 'zod';
import type { CellExecution } from '../../cell-service';
import { watchEnvironmentOutput } from '../outputs/environment-output';
import type { CurrentEnvironment, Notebook } from '../notebook/notebook';
import { takeDeclaredKeys } from './declared-keys';
import { addRepeatability } from './repeatability';

/** What a cell can say about the user's Python. */
export interface ReportingExecution extends Pick<CellExecution, 'signal' | 'reportUserCode' | 'stream'> {
  /** Takes where the environment is for longer than a moment while it is looked at; `undefined` where it goes on. */
  onPlace?(place: string | undefined): void;
}

/** What takes the reports of a description. */
type DescriptionSink = Pick<ReportingExecution, 'stream' | 'onPlace'>;

/** What a description may let pass. */
interface DescribeOptions {
  /** Whether a simulator may fail behind its first step. */
  readonly mayFail?: boolean;
}

/** The report of `policybook.notebook.user_code`. */
const userCodeReport = z.object({
  registration: environmentRegistration.nullable(),
  searchPath: z.array(z.string()),
  folder: z.string(),
  problem: z.string().exactOptional(),
  patched: z.array(z.string()).exactOptional(),
  changes: z
    .array(
      z.object({
        file: z.string(),
        name: z.string(),
        here: z.string().nullable(),
        there: z.string().nullable(),
      }),
    )
    .exactOptional(),
  registeredId: z.string().exactOptional(),
});

/**
 * Describes an environment as the notebook's Python has it now; what Python has not registered (yet) is taken from the
 * specification. Failures: those of `environment.describe`, and cancelled.
 */
export async function describeCurrentEnvironment(
  notebook: Notebook,
  specification: EnvironmentSpec,
  execution: ReportingExecution,
  { mayFail = false }: DescribeOptions = {},
): Promise<Result<CurrentEnvironment>> {
  const environment = takeDeclaredKeys(specification);
  const { userCode: known } = specification;
  const answer = await execution.reportUserCode(environment.id);
  if (!answer.ok && answer.code === 'KeyboardInterrupt')
    return { ok: false, code: 'cancelled', message: 'the cell was stopped', detail: null };
  const report = userCodeReport.safeParse(answer.ok ? answer.value : null);
  if (!report.success) return describeKnown(notebook, specification, execution.signal, execution);
  const { searchPath, folder, problem, patched = [], changes = [], registeredId } = report.data;
  sayPatched(notebook, patched, execution);
  const registration = report.data.registration ?? known?.registration;
  const userCode: UserCode = {
    ...(registration && { registration }),
    searchPath: [...new Set([...searchPath, ...(known?.searchPath ?? [])])],
    folder,
  };
  const described = await describe(
    notebook,
    environment,
    { userCode, mayFail, ...(problem !== undefined && { problem }) },
    execution.signal,
    execution,
  );
  if (described.ok) sayChanges(notebook, changes, described.value, execution);
  return described.ok || described.code !== 'unknown_environment' || registeredId === undefined
    ? described
    : {
        ...described,
        message:
          `no environment is registered as ${String(environment.id)} by the import of its module; a cell of this ` +
          `notebook has registered ${registeredId}: write ${registeredId}`,
      };
}

/** Says once what a cell has put into the modules of an environment: episodes are played without it. */
function sayPatched(notebook: Notebook, patched: readonly string[], execution: ReportingExecution): void {
  const unsaid = patched.filter((name) => !notebook.saidPatched.has(name));
  if (unsaid.length === 0) return;
  for (const name of unsaid) notebook.saidPatched.add(name);
  const message =
    `A cell of this notebook has put ${unsaid.join(', ')} in place of the module's own. Episodes are played in other ` +
    "processes, with the module's own code: write the change into the module's file, or put the class into a " +
    '%%simulator cell.';
  execution.stream('stderr', `${message}\n`);
}

/** Says once what the notebook's Python has in the modules of an environment, and their files have not. */
function sayChanges(
  notebook: Notebook,
  changes: NonNullable<z.infer<typeof userCodeReport>['changes']>,
  { facts: { files = {} } }: CurrentEnvironment,
  execution: ReportingExecution,
): void {
  const own = new Set(Object.keys(files).map((name) => resolve(notebook.folder, name)));
  const found = changes.filter(({ file }) => own.has(file));
  sayPatched(
    notebook,
    found.filter(({ here }) => here === null).map(({ name }) => name),
    execution,
  );
  for (const { file, name, here, there } of found) {
    const said = `${name} is ${here} in this notebook's Python and ${there} in ${basename(file)}`;
    if (here === null || notebook.saidPatched.has(said)) continue;
    notebook.saidPatched.add(said);
    execution.stream(
      'stderr',
      `${said}. Episodes are played in other processes, with what the file says: write the value into the file, or ` +
        'let the constructor take it as an argument and give it in kwargs.\n',
    );
  }
}

/** Describes a recorded environment, with its own registration, as its files are now. */
export function describeRecordedEnvironment(
  notebook: Notebook,
  specification: EnvironmentSpec,
  execution: Pick<CellExecution, 'signal'>,
): Promise<Result<CurrentEnvironment>> {
  return describeKnown(notebook, specification, execution.signal, null);
}

/**
 * Lists what of the user's code is another than a run was declared with: names of files, and packages with both versions.
 * `null` where it is the same code.
 */
export function listChangedCode(
  { settings, facts }: Pick<RunState, 'settings' | 'facts'>,
  now: CurrentEnvironment,
): readonly string[] | null {
  if (settings.environment.userCode?.hash === now.environment.userCode?.hash) return null;
  return listChangedParts(facts, now.facts);
}

/** Lists the files that differ by their names, or else the packages with both versions. */
export function listChangedParts(before: EnvironmentFacts, now: EnvironmentFacts): readonly string[] {
  const [old, current] = [before.files ?? {}, now.files ?? {}];
  const names = [...new Set([...Object.keys(old), ...Object.keys(current)])];
  const files = names.filter((name) => old[name] !== current[name]).sort();
  if (files.length > 0) return files;
  return findDifferences(before.versions, now.versions).map((each) => formatDifference(each));
}

/** Describes a specification with what it holds of the user's code itself, but for the hash, which comes of it. */
function describeKnown(
  notebook: Notebook,
  specification: EnvironmentSpec,
  signal: AbortSignal,
  sink: DescriptionSink | null,
): Promise<Result<CurrentEnvironment>> {
  const environment = takeDeclaredKeys(specification);
  const { userCode } = specification;
  if (userCode === undefined) return describe(notebook, environment, {}, signal, sink);
  const { registration, searchPath, folder } = userCode;
  const known: UserCode = {
    ...(registration && { registration }),
    ...(searchPath && { searchPath }),
    ...(folder !== undefined && { folder }),
  };
  return describe(notebook, environment, { userCode: known }, signal, sink);
}

/** Describes an environment. What its check prints goes to `sink`, where there is one that has not shown it before. */
async function describe(
  notebook: Notebook,
  environment: EnvironmentSpec,
  {
    userCode: reported,
    problem,
    mayFail = false,
  }: DescribeOptions & { readonly userCode?: UserCode; readonly problem?: string },
  signal: AbortSignal,
  sink: DescriptionSink | null,
): Promise<Result<CurrentEnvironment>> {
  const params = {
    environment: { ...environment, ...(reported && { userCode: reported }) },
    ...(problem !== undefined && { problem }),
  };
  const key = writeCanonicalJson(params);
  const before = notebook.described.get(key);
  if (before !== undefined && (await isUnchanged(before.stamps)))
    return { ok: true, value: addRepeatability(notebook, before) };
  const evaluator =
    sink === null || (await hasShownCheck(notebook, environment))
      ? notebook.evaluator
      : watchEnvironmentOutput(notebook.evaluator, sink).evaluator;
  const allParams = { ...params, ...(mayFail && { mayFail: true as const }) };
  const answer = await evaluator.request('environment.describe', allParams, {
    signal,
    onProgress: ({ place, output }) => {
      if (output === undefined) sink?.onPlace?.(place);
    },
  });
  if (!answer.ok) return answer;
  const { facts, userCode, watched, failing } = answer.value;
  const stamps = await Promise.all(watched.map(async (path) => [path, await readStamp(path)] as const));
  const described = {
    environment: {
      ...environment,
      ...(userCode && { userCode }),
      ...(facts.unrepeatable !== undefined && { unrepeatable: true as const }),
    },
    facts,
    stamps: new Map(stamps),
  };
  // What plays it next finds out by itself whether it still fails.
  if (failing !== undefined) return { ok: true, value: { ...described, failing } };
  notebook.described.set(key, described);
  return { ok: true, value: addRepeatability(notebook, described) };
}

/** Whether files that an environment was made of have been written since, as far as their times tell. */
export async function isWrittenSince(notebook: Notebook, { userCode }: EnvironmentSpec): Promise<boolean> {
  if (userCode?.hash === undefined) return false;
  const known = [...notebook.described.values()].filter(
    ({ environment }) => environment.userCode?.hash === userCode.hash,
  );
  const unchanged = await Promise.all(known.map(({ stamps }) => isUnchanged(stamps)));
  return !unchanged.every(Boolean);
}

async function isUnchanged(stamps: ReadonlyMap<string, string>): Promise<boolean> {
  const now = await Promise.all([...stamps].map(async ([path, stamp]) => (await readStamp(path)) === stamp));
  return now.every(Boolean);
}

/** Reads what changes with a file's content; empty where there is no file. */
async function readStamp(path: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch {
    return '';
  }
}

/** Whether the same code has been checked with the same arguments, so that it would print the same once more. */
async function hasShownCheck(notebook: Notebook, environment: EnvironmentSpec): Promise<boolean> {
  const constructed = identifyConstruction(environment);
  for (const known of notebook.described.values())
    if (identifyConstruction(known.environment) === constructed && (await isUnchanged(known.stamps)))
      return true;
  return false;
}

function identifyConstruction({ id, simulator, kwargs }: EnvironmentSpec): string {
  return writeCanonicalJson({ id, simulator, kwargs });
}
