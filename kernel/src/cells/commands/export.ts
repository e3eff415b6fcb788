/** `%export POLICY [PATH]`: a policy as a program that runs without policybook. */
import { constants, copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import type { EnvironmentSpec, ExportClaim } from '@policybook/protocol';
import {
  deriveAuditSeeds,
  findAccepted,
  findHead,
  formatLead,
  requireCandidate,
  type Audit,
} from '@policybook/engine';
import { StoreError, toStoreError } from '@policybook/store';
import {
  formatAuthor,
  formatFreshScore,
  formatMeasured,
  formatQuantity,
  formatUnrepeatable,
  scoreCandidate,
  type ScoredCandidate,
} from '@policybook/views';
import type { CellExecution } from '../../cell-service';
import { endSentence, succeed, refuse, type CellResult } from '../errors/cell-failure';
import { readSystemCode } from '../errors/system-error';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import { describeRecordedEnvironment, listChangedCode } from '../declarations/current-environment';
import { addRepeatability } from '../declarations/repeatability';
import type { Notebook } from '../notebook/notebook';
import {
  formatNotebookPath,
  readLearnedPolicy,
  takeDeclaredName,
  type LearnedPolicy,
  type PolicyOrigin,
} from '../notebook/references';
import { requireArgument, findArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Words that every exported file carries; a file without them is somebody's own and is not written over. */
const EXPORT_MARK = 'Exported by policybook';

/** What follows for a program of an environment that does not repeat. */
const NOT_REPRODUCED =
  '`policybook verify` plays the claimed seeds, does not find the claimed returns again, and compares the intervals';

/** Writes a learned policy as a program, with the claim of its latest audit. */
export const exportPolicy: CommandHandler = async (notebook, command, execution) => {
  const named = requireArgument(command, 'policy', 'reference');
  const policy = await readLearnedPolicy(notebook, named, execution.signal);
  if (!policy.ok) return policy;
  const { reference, source } = policy.value;
  // What has been found out since of its repeatability stands in the program, too.
  const origin = addRepeatability(notebook, policy.value.origin);
  const name =
    findArgument(command, 'path', 'path')?.text ?? `${named.text.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-')}.py`;
  const path = isAbsolute(name) ? name : join(notebook.folder, name);
  const latest = findLatestAudit(origin);
  const changed = await findChangedCode(notebook, origin, execution);
  const audit = changed === null ? latest : undefined;
  const exported = await notebook.evaluator.request(
    'policy.export',
    {
      environment: origin.environment,
      facts: origin.facts,
      folders: [...listModuleFolders(notebook, origin.environment, path)],
      notebook: relative(dirname(path), notebook.folder) || '.',
      source,
      provenance: listProvenance({ ...policy.value, origin }, audit),
      versions: audit?.versions ?? origin.facts.versions,
      claim: audit === undefined ? null : createClaim(reference, origin, audit),
      ...(origin.state.settings.policy.data && { data: origin.state.settings.policy.data }),
    },
    execution,
  );
  if (!exported.ok) return refuseEvaluatorFailure(exported);
  const written = await writeExport(path, exported.value.source);
  if (!written.ok) return written;
  const shown = formatNotebookPath(notebook, path);
  const found = scoreCandidate(origin.state, requireCandidate(origin.state, origin.candidate));
  const scored = [
    ...(found === null ? [] : [formatMeasured(found)]),
    ...(isRejected(origin) ? ['which you have rejected'] : []),
    ...(isAccepted(origin) ? ['which you have accepted as the result'] : []),
  ];
  if (written.value.kept !== null)
    execution.stream(
      'stdout',
      `the earlier ${shown} differs and is now ${formatNotebookPath(notebook, written.value.kept)}\n`,
    );
  if (changed !== null) execution.stream('stdout', formatChangedCode(origin, shown, changed, latest));
  const repetition = formatUnrepeatable(origin.facts, NOT_REPRODUCED);
  if (repetition !== null) execution.stream('stdout', `${repetition}\n`);
  execution.display({
    'text/markdown': [`${reference} is now [${shown}](${encodeURI(shown)})`, scored.join(', ')]
      .filter((part) => part !== '')
      .join(': '),
    'text/plain': [`${reference} is now ${shown}`, ...scored].join(', '),
  });
  return succeed(null);
};

/** Says what it means for an export that the environment's code has changed since its policy was learned or audited. */
function formatChangedCode(
  { run }: PolicyOrigin,
  shown: string,
  changed: readonly string[],
  audit: Audit | undefined,
): string {
  const files = changed.join(', ');
  const again = `run the cell of ${takeDeclaredName(run)} again to learn in the environment as it is now`;
  return audit === undefined
    ? `the environment's code has changed since ${run} was learned (${files}): ${shown} plays in the code as it is now, and its score is of the earlier one; ${again}\n`
    : `audit ${audit.number} was made before the environment's code changed (${files}), so that ${shown} carries no claim: ${again} and audit that, or put the earlier code back and export again\n`;
}

/** Lists the folders that the environment's own modules were looked for in, seen from the program at `path`. */
function listModuleFolders(
  notebook: Notebook,
  { userCode }: EnvironmentSpec,
  path: string,
): readonly string[] {
  const folders = userCode?.searchPath ?? ['.'];
  return folders.map((folder) => relative(dirname(path), resolve(notebook.folder, folder)) || '.');
}

function findLatestAudit({ state, hash }: PolicyOrigin): Audit | undefined {
  return state.audits.findLast(({ policy }) => policy === hash);
}

/**
 * Finds what of the environment's code has changed since the run; `null` for nothing, and where the environment cannot be
 * made now, which the program says itself.
 */
async function findChangedCode(
  notebook: Notebook,
  { state, environment }: PolicyOrigin,
  execution: CellExecution,
): Promise<readonly string[] | null> {
  if (environment.userCode?.hash === undefined) return null;
  const current = await describeRecordedEnvironment(notebook, environment, execution);
  return current.ok ? listChangedCode(state, current.value) : null;
}

function createClaim(
  reference: string,
  { state, environment, environmentName }: PolicyOrigin,
  audit: Audit,
): ExportClaim {
  const { policy, environment: environmentHash, nonce, number, score, bounds, unrepeatable } = audit;
  const drawn = deriveAuditSeeds(audit, audit.returns.length);
  const replaced = (audit.seeds ?? drawn).flatMap((seed, at): [number, number][] =>
    seed === drawn[at] ? [] : [[at, seed]],
  );
  return {
    policy: reference,
    environment: environment.id ?? environmentName,
    kwargs: environment.kwargs,
    policyHash: policy,
    environmentHash,
    nonce,
    ...(replaced.length > 0 && { replaced }),
    audit: number,
    episodes: score.episodes,
    mean: score.mean,
    low: score.low,
    high: score.high,
    confidence: state.settings.acceptance.confidence,
    returns: [bounds.low, bounds.high],
    ...(unrepeatable !== undefined && { unrepeatable }),
  };
}

function isAccepted({ state, candidate }: PolicyOrigin): boolean {
  return findAccepted(state) === candidate;
}

function isRejected({ state, candidate }: PolicyOrigin): boolean {
  return requireCandidate(state, candidate).isRejectedByUser;
}

/** Says whether the policy is what the run has shown, or leads it by an estimate; nothing of other candidates. */
function formatStandingInRun(origin: PolicyOrigin): readonly string[] {
  const { state, candidate } = origin;
  const isChampion = state.championHistory.at(-1)?.candidate === candidate;
  if (isChampion) return ['It is the champion of the run: the best policy that was shown to be so.'];
  if (findHead(state)?.id !== candidate) return [];
  const why = isAccepted(origin) ? 'which you have accepted as its result' : 'its best estimate';
  return [`It is the head of the run, ${why}.`, ...formatLead(state).map(endSentence)];
}

/** Says what the run has measured of a policy, or that it has chosen it by the episodes of its mean. */
function formatScoreInRun(scored: ScoredCandidate): string {
  return scored.isMeasured
    ? `Mean return ${formatMeasured(scored)}, with the run's interval.`
    : `Mean return ${formatMeasured(scored)}, which flatter a policy that was chosen by them: the run has not measured it.`;
}

function listProvenance({ reference, origin }: LearnedPolicy, audit: Audit | undefined): string[] {
  const { state, environmentName, hash, environment, facts } = origin;
  const { usage, settings } = state;
  const repetition = formatUnrepeatable(origin.facts, NOT_REPRODUCED);
  const scored = scoreCandidate(state, requireCandidate(state, origin.candidate));
  return [
    `${EXPORT_MARK} from ${reference}, learned in ${environment.id ?? environmentName} by ${formatAuthor(state)}.`,
    ...(scored === null ? [] : [formatScoreInRun(scored)]),
    ...formatStandingInRun(origin),
    ...(isRejected(origin) ? ['You have rejected it in the run.'] : []),
    ...(audit === undefined
      ? []
      : [`Audit ${audit.number}: ${formatFreshScore(audit)}, nonce ${audit.nonce}.`]),
    ...(repetition === null ? [] : [endSentence(repetition)]),
    ...(facts.files === undefined
      ? []
      : [`It plays with ${Object.keys(facts.files).join(', ')} of the notebook's folder.`]),
    `Run: seed ${settings.seed}, ${formatQuantity(usage.episodes, 'episode')}, ${formatQuantity(usage.steps, 'environment step')}.`,
    `SHA-256 of the policy: ${hash}`,
  ];
}

/**
 * Writes the file whole or not at all. A file that is no export is left alone. An earlier export that differs may hold
 * what somebody has edited: it is kept as NAME~1.py, or under the next free number.
 */
async function writeExport(
  path: string,
  text: string,
): Promise<CellResult<{ readonly kept: string | null }>> {
  try {
    const before = await readFile(path, 'utf8').catch((error: unknown) => {
      if (readSystemCode(error) === 'ENOENT') return null;
      throw error;
    });
    if (before !== null && !before.includes(EXPORT_MARK))
      return refuse('CommandError', `${path} exists and is not an export; name another file`);
    if (before === text) return succeed({ kept: null });
    const draft = `${path}.policybook-${process.pid}`;
    try {
      await writeFile(draft, text);
      const kept = before === null ? null : await keepEarlier(path);
      await rename(draft, path);
      return succeed({ kept });
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  } catch (error) {
    if (readSystemCode(error) === 'ENOENT')
      return refuse('CommandError', `there is no folder ${dirname(path)}; make it, or export to another`);
    const known = toStoreError(error, path);
    if (known instanceof StoreError) return refuse('CommandError', known.message);
    return refuse(
      'CommandError',
      `${path} cannot be written: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
}

/** Copies the file at `path` to the first free name with a number, and returns that name. */
async function keepEarlier(path: string): Promise<string> {
  const end = extname(path);
  for (let number = 1; ; number += 1) {
    const kept = `${path.slice(0, path.length - end.length)}~${number}${end}`;
    try {
      // This fails where the name is taken; a rename would write over it. Not every file system has links.
      await copyFile(path, kept, constants.COPYFILE_EXCL);
      return kept;
    } catch (error) {
      if (readSystemCode(error) !== 'EEXIST') throw error;
    }
  }
}
