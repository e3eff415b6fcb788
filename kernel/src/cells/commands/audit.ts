/** `%audit POLICY [episodes=N]`: a frozen policy on seeds that did not exist while it was written; recorded. */
import { randomBytes } from 'node:crypto';
import {
  fold,
  requireCandidate,
  runAudit,
  type AuditTask,
  type CandidateId,
  type RunState,
} from '@policybook/engine';
import type { Reference } from '@policybook/language';
import { mapClocks } from '@policybook/protocol';
import { openRecorded, readPolicy, type RecordedRun } from '@policybook/store';
import {
  buildAuditBundle,
  buildAuditProgress,
  findScoredChampion,
  formatQuantity,
  formatReference,
} from '@policybook/views';
import type { CellExecution } from '../../cell-service';
import { endSentence, succeed, refuse, type CellResult } from '../errors/cell-failure';
import { formatPolicyFailure, refuseEvaluatorFailure } from '../errors/evaluator-failure';
import { ThrottledOutput } from '../outputs/throttled-output';
import type { Notebook } from '../notebook/notebook';
import { readLearnedPolicy } from '../notebook/references';
import { requireArgument, findArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Episodes of an audit where the command names none. */
const DEFAULT_EPISODES = 1000;
/** Milliseconds between two updates of the progress. */
const UPDATE_MS = 250;

/** Audits the policy of a run and records the result in the run's folder. */
export const audit: CommandHandler = async (notebook, command, execution) => {
  const named = requireArgument(command, 'policy', 'reference');
  const busy = notebook.background.refuseIfRunning(readRunName(named.reference));
  if (busy !== null) return busy;
  const policy = await readLearnedPolicy(notebook, named, execution.signal);
  if (!policy.ok) return policy;
  const { run, candidate } = policy.value.origin;
  const episodes = findArgument(command, 'episodes', 'count')?.number ?? DEFAULT_EPISODES;
  const opened = await openRecorded(notebook.runsFolder, run);
  if (!opened.ok) return refuse('RunError', opened.message);
  const { folder } = opened.value;
  try {
    const state = fold(opened.value.events);
    if (state === null) return refuse('RunError', `the run ${run} has not started: run its cell again`);
    const frozen = await freeze(state, candidate, folder.path);
    return await play(notebook, run, { ...frozen, episodes }, opened.value, execution);
  } finally {
    await folder.close();
  }
};

/** Reads the run that a reference names; empty for a path, which names none. */
function readRunName(reference: Reference): string {
  switch (reference.kind) {
    case 'candidate':
      return reference.run;
    case 'name':
      return reference.name;
    case 'path':
      return '';
  }
}

type FrozenPolicies = Pick<AuditTask, 'state' | 'candidate' | 'source' | 'against'>;

/** Reads the texts that are played: a champion's with that of the run's first champion, to compare them. */
async function freeze(state: RunState, candidate: CandidateId, folder: string): Promise<FrozenPolicies> {
  const source = await readPolicy(folder, requireCandidate(state, candidate));
  const [first] = state.championHistory;
  const isChampion = findScoredChampion(state)?.candidate.id === candidate;
  if (!isChampion || first === undefined || first.candidate === candidate)
    return { state, candidate, source, against: null };
  const against = await readPolicy(folder, requireCandidate(state, first.candidate));
  return { state, candidate, source, against: { candidate: first.candidate, source: against } };
}

/** Draws the nonce, which cannot have been known before, plays, records, and shows the result. */
async function play(
  notebook: Notebook,
  run: string,
  task: FrozenPolicies & Pick<AuditTask, 'episodes'>,
  { folder, clocks }: RecordedRun,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const { state, candidate, against, episodes } = task;
  const { environment } = state.settings;
  const facts = await notebook.evaluator.request('environment.describe', { environment }, execution);
  if (!facts.ok) return refuseEvaluatorFailure(facts);
  const reference = formatReference(run, candidate);
  const sides = against === null ? 1 : 2;
  const display = execution.display(buildAuditProgress(reference, { done: 0, planned: episodes }));
  const progress = new ThrottledOutput<number>(UPDATE_MS, (done) => {
    display.update(buildAuditProgress(reference, { done, planned: episodes }));
  });
  const { audit, stopped, failure } = await runAudit(
    { ...task, nonce: randomBytes(16).toString('hex'), versions: facts.value.versions },
    {
      evaluator: notebook.evaluator,
      journal: folder,
      clock: { now: () => performance.now() },
      signal: execution.signal,
      onProgress: (done) => {
        progress.set(Math.floor(done / sides));
      },
    },
  );
  progress.flush();
  if (audit !== null) {
    // The clocks of the run stay as they are: an audit takes none of its time.
    await folder.append(audit, {
      ...mapClocks((name) => clocks[name]),
      ...(audit.isolationLevel !== undefined && { isolationLevel: audit.isolationLevel }),
    });
    display.update(buildAuditBundle(run, [...state.audits, audit]));
  } else display.update({ 'text/plain': `${reference}: no episode of the audit was played` });
  if (failure !== null && audit?.failed !== undefined)
    execution.stream(
      'stderr',
      `${formatQuantity(audit.failed, 'episode')} failed; the first: ${formatPolicyFailure(failure)}\n`,
    );
  if (stopped === null) return succeed(null);
  const kept = audit === null ? 'Nothing had been played.' : 'What was played until then is recorded.';
  return stopped.reason === 'interrupted'
    ? refuse('KeyboardInterrupt', `the audit was stopped. ${kept}`)
    : refuse('EvaluatorError', `${endSentence(stopped.message)} ${kept}`);
}
