/** From a plan to the folder of its run: a new one, the one there is, or one that takes the name of a changed one. */
import { basename, dirname, join } from 'node:path';
import { findDifferences, formatDifference, isFinished, type RunState } from '@policybook/engine';
import type { EnvironmentFacts, Failure } from '@policybook/protocol';
import {
  openReplicatedRun,
  openRun,
  readComparison,
  readRun,
  type OpenedReplicatedRun,
  type OpenedRun,
  type ReplacedFolder,
} from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { describeEnvironment } from '../declarations/registration';
import { refuse, succeed, type CellFailure, type CellResult } from '../errors/cell-failure';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import type { Notebook } from '../notebook/notebook';
import { listChangedParts } from '../declarations/current-environment';
import { formatChangedSettings, isChangedCode, isChangedRegistration } from './changed-settings';
import type { RunPlan } from './plan';

/** What a `%%learn` cell has opened: the folder of one run, or the one that holds its replicates' folders. */
export type OpenedPlan =
  | { readonly kind: 'run'; readonly opened: OpenedRun }
  | { readonly kind: 'replicates'; readonly opened: OpenedReplicatedRun };

/** Opens the folder of a `%%learn` cell, registers the run in the workbench, and says what became of an earlier run. */
export async function openRunPlan(
  notebook: Notebook,
  plan: RunPlan,
  execution: CellExecution,
): Promise<CellResult<OpenedPlan>> {
  if (plan.repeat > 1) {
    const replicates = await openReplicates(notebook, plan);
    if (!replicates.ok) return replicates;
    const opened = replicates.value;
    await closeOnError(opened, async () => {
      await registerRun(plan, opened.path, execution);
      writeLines(await explainReplacement(notebook, 'run', plan, opened), execution);
    });
    return succeed({ kind: 'replicates', opened });
  }
  const run = await openRunFolder(notebook, plan);
  if (!run.ok) return run;
  const opened = run.value;
  await closeOnError(opened.folder, async () => {
    await registerRun(plan, opened.folder.path, execution);
    writeLines(await explainOpening(notebook, plan, opened), execution);
  });
  return succeed({ kind: 'run', opened });
}

/** Whether nothing is left to be learned in what was opened, so that its record is shown. */
export async function hasFinished({ run, repeat }: RunPlan, opened: OpenedPlan): Promise<boolean> {
  if (opened.kind === 'run') return opened.opened.state !== null && isFinished(opened.opened.state);
  const root = dirname(opened.opened.path);
  for (let number = 1; number <= repeat; number++) {
    const replicate = await readRun(root, `${run}/${number}`);
    if (!replicate.ok || replicate.value.state === null || !isFinished(replicate.value.state)) return false;
  }
  return true;
}

/** Does what remains to be done before the work in an open folder, which is closed where that fails. */
export async function closeOnError(
  folder: { close(): Promise<void> },
  prepare: () => Promise<void>,
): Promise<void> {
  try {
    await prepare();
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** Opens the folder of one run or of one replicate. The caller closes it. */
export async function openRunFolder(notebook: Notebook, plan: RunPlan): Promise<CellResult<OpenedRun>> {
  // A replicate's folder stands in the folder of the whole, `first/2` in `first`.
  const root = join(notebook.runsFolder, dirname(plan.run));
  const opened = await openRun(root, { ...declareFolder(plan), run: basename(plan.run) });
  return opened.ok ? opened : refuseOpening(opened);
}

/** Opens the folder that holds the replicates of a plan, each of which is opened at its turn. The caller closes it. */
export async function openReplicates(
  notebook: Notebook,
  plan: RunPlan,
): Promise<CellResult<OpenedReplicatedRun>> {
  const opened = await openReplicatedRun(notebook.runsFolder, {
    ...declareFolder(plan),
    repeat: plan.repeat,
  });
  return opened.ok ? opened : refuseOpening(opened);
}

/** Puts the reason why a folder could not be opened into the words of a cell's error. */
export function refuseOpening(failure: Failure, name: 'RunError' | 'CompareError' = 'RunError'): CellFailure {
  if (failure.code === 'consent_needed') return refuseEvaluatorFailure(failure);
  return refuse(failure.code === 'missing_key' ? 'AuthorError' : name, failure.message, [], failure);
}

/** Says what to run so that a run or a comparison goes on; a cell with `again: true` would begin another. */
export function formatResuming(again: boolean): string {
  return again ? 'the cell without `again: true` to go on' : 'the cell again to go on';
}

/** Writes lines under a cell; none, where there are none. */
export function writeLines(lines: readonly string[], sink: Pick<CellExecution, 'stream'>): void {
  if (lines.length > 0) sink.stream('stdout', `${lines.join('\n')}\n`);
}

function declareFolder({ run, cell, environment, settings, again, obstacle }: RunPlan) {
  return { run, settings, cell, environment: environment.facts.versions, again, obstacle: () => obstacle };
}

async function registerRun(
  { run, environment }: RunPlan,
  folder: string,
  execution: CellExecution,
): Promise<void> {
  const registration = { kind: 'learn', name: run, folder, environment: environment.name };
  await execution.register({ declarations: [describeEnvironment(environment), registration] });
}

/** Says what opening a folder did to it, and whether its run goes on. */
async function explainOpening(
  notebook: Notebook,
  plan: RunPlan,
  opened: OpenedRun,
): Promise<readonly string[]> {
  const before = opened.state;
  return [
    ...(opened.repaired === null ? [] : [opened.repaired]),
    ...(await explainReplacement(notebook, 'run', plan, opened)),
    ...(before === null || isFinished(before) ? [] : [formatResumption(plan, before)]),
  ];
}

/**
 * Says what became of an earlier run or comparison of the name, in one line or none: it is neither shown nor gone on with
 * when its declaration or its environment's code was another, or when another version of policybook wrote it. `kind` is
 * what takes the name now.
 */
export async function explainReplacement(
  notebook: Notebook,
  kind: 'run' | 'comparison',
  { run: name, environment }: Pick<RunPlan, 'run' | 'environment'>,
  opened: ReplacedFolder,
): Promise<readonly string[]> {
  const { replaced, changed } = opened;
  const facts =
    replaced !== null && changed.some(isChangedCode)
      ? await readRecordedFacts(notebook.runsFolder, replaced)
      : null;
  const parts = facts === null ? [] : listChangedParts(facts, environment.facts);
  const registered = formatChangedSettings(changed.filter(isChangedRegistration));
  return formatReplacement(kind, name, opened, [...parts, ...registered]);
}

/** Reads what an environment was like when a run, a repeated run or a comparison was declared; `null` for unknown. */
async function readRecordedFacts(root: string, name: string): Promise<EnvironmentFacts | null> {
  for (const run of [name, `${name}/1`]) {
    const stored = await readRun(root, run);
    if (stored.ok && stored.value.state !== null) return stored.value.state.facts;
  }
  return (await readComparison(root, name))?.state?.facts ?? null;
}

function formatReplacement(
  kind: 'run' | 'comparison',
  name: string,
  { replaced, replacedKind, older, changed, otherFormat }: ReplacedFolder,
  changedCode: readonly string[],
): readonly string[] {
  if (replaced === null || replacedKind === null) return [];
  const rest = formatOlder(name, older);
  if (otherFormat !== null)
    return [
      `the folder of the ${replacedKind} ${name} was written in ${otherFormat}; it stays as ${replaced}, unchanged${rest}`,
    ];
  const kept = `the earlier ${replacedKind} is now ${replaced}`;
  // A run and a repeated run are one kind here.
  if (!replacedKind.endsWith(kind)) return [`${kept}, because this cell makes a ${kind} of its name${rest}`];
  if (changed.length === 0) return [`${kept}${rest}`];
  const declared = changed.filter((difference) => !isChangedCode(difference));
  const code = changedCode.length === 0 ? '' : ` (${changedCode.join(', ')})`;
  const causes = [
    ...(declared.length < changed.length ? [`the environment's code changed${code}`] : []),
    ...(declared.length > 0
      ? [`the declaration changed (${formatChangedSettings(declared).join(', ')})`]
      : []),
  ];
  return [`${kept} and is not gone on with, because ${causes.join(' and ')}${rest}`];
}

/** Says that the `older` folders that had given up the name before have their numbers raised by one: "; first~1 is now first~2". */
function formatOlder(name: string, older: number): string {
  if (older === 0) return '';
  if (older === 1) return `; ${name}~1 is now ${name}~2`;
  return `; ${name}~1 to ${name}~${older} are now ${name}~2 to ${name}~${older + 1}`;
}

/** Says that a run goes on, and under which other versions: recomputing may then come out differently, and the record counts. */
function formatResumption({ run, environment }: RunPlan, { facts }: RunState): string {
  const changed = findDifferences(facts.versions, environment.facts.versions).map((each) =>
    formatDifference(each),
  );
  const versions = changed.length === 0 ? '' : `, under other versions (${changed.join(', ')})`;
  return `${run} goes on where it was left${versions}`;
}
