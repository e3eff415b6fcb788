/** `%audit POLICY [episodes=N]`: a frozen policy on seeds that did not exist while it was written; recorded where it has a run. */
import { randomBytes } from 'node:crypto';
import {
  createAuditEvent,
  DEFAULT_ACCEPTANCE,
  requireCandidate,
  runAudit,
  type AuditPorts,
  type AuditTask,
  type CandidateId,
  type PlayedAudit,
  type RunState,
} from '@policybook/engine';
import type { Reference } from '@policybook/language';
import { defaultLimits, mapClocks } from '@policybook/protocol';
import { openRecorded, readPolicy } from '@policybook/store';
import {
  buildAuditBundle,
  buildAuditProgress,
  buildHandAuditBundle,
  findScoredChampion,
  findScoredHead,
  formatQuantity,
  formatReference,
  type MimeBundle,
} from '@policybook/views';
import type { CellExecution } from '../../cell-service';
import {
  describeCurrentEnvironment,
  describeRecordedEnvironment,
  listChangedCode,
} from '../declarations/current-environment';
import { endSentence, succeed, refuse, type CellResult } from '../errors/cell-failure';
import { formatPolicyFailure, refuseEvaluatorFailure } from '../errors/evaluator-failure';
import { ThrottledOutput } from '../outputs/throttled-output';
import type { CurrentEnvironment, Notebook } from '../notebook/notebook';
import {
  readPlayablePolicy,
  takeDeclaredName,
  type HandPolicy,
  type PolicyOrigin,
} from '../notebook/references';
import { SYSTEM_CLOCK } from '../notebook/system-clock';
import { requireArgument, findArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Episodes of an audit where the command names none. */
const DEFAULT_EPISODES = 1000;
/** Milliseconds between two updates of the progress. */
const UPDATE_MS = 250;

/** Audits a policy; that of a run is recorded in the run's folder. */
export const audit: CommandHandler = async (notebook, command, execution) => {
  const named = requireArgument(command, 'policy', 'reference');
  const busy = notebook.background.refuseIfRunning(readRunName(named.reference));
  if (busy !== null) return busy;
  const policy = await readPlayablePolicy(notebook, named, execution.signal);
  if (!policy.ok) return policy;
  const { value } = policy;
  const episodes = findArgument(command, 'episodes', 'count')?.number ?? DEFAULT_EPISODES;
  return value.origin === null
    ? auditByHand(notebook, value, episodes, execution)
    : auditLearned(notebook, value.origin, episodes, execution);
};

async function auditLearned(
  notebook: Notebook,
  { run, candidate }: PolicyOrigin,
  episodes: number,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const opened = await openRecorded(notebook.runsFolder, run);
  if (!opened.ok) return refuse('RunError', opened.message);
  const { folder, state, clocks } = opened.value;
  try {
    if (state === null) return refuse('RunError', `the run ${run} has not started: run its cell again`);
    const { source, against } = await freeze(state, candidate, folder.path);
    const reference = formatReference(run, candidate);
    const current = await describeRecordedEnvironment(notebook, state.settings.environment, execution);
    if (!current.ok) return refuseEvaluatorFailure(current);
    const changed = listChangedCode(state, current.value);
    if (changed !== null)
      return refuse(
        'RunError',
        `${reference} was learned with other code of the environment (${changed.join(', ')}), and an audit would score it in an environment that it has not seen. Run the cell of ${takeDeclaredName(run)} again to learn in the environment as it is now, or put the earlier code back.`,
      );
    const planned: PlannedAudit = {
      reference,
      versions: current.value.facts.versions,
      context: withRepeatability(state, current.value),
      source,
      against: against?.source ?? null,
      episodes,
      journal: folder,
      kept: 'What was played until then is recorded.',
      conclude: async (played) => {
        const recorded = createAuditEvent(state, { candidate, against: against?.candidate ?? null }, played);
        // The clocks of the run stay as they are: an audit takes none of its time.
        await folder.append(recorded, {
          ...mapClocks((name) => clocks[name]),
          ...(recorded.isolationLevel !== undefined && { isolationLevel: recorded.isolationLevel }),
        });
        return buildAuditBundle(run, [...state.audits, recorded]);
      },
    };
    return await play(notebook, planned, execution);
  } finally {
    await folder.close();
  }
}

/** The state of a run, with what has been found out since of the environment's repeatability. */
function withRepeatability(state: RunState, { facts }: CurrentEnvironment): RunState {
  const { unrepeatable } = facts;
  if (unrepeatable === undefined || state.facts.unrepeatable !== undefined) return state;
  const environment = { ...state.settings.environment, unrepeatable: true as const };
  return {
    ...state,
    settings: { ...state.settings, environment },
    facts: { ...state.facts, unrepeatable },
  };
}

/** Audits a policy by hand in the environment that its cell named, with the limits and the confidence that runs have. */
async function auditByHand(
  notebook: Notebook,
  { reference, source, environment: declared }: HandPolicy,
  episodes: number,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const { returns } = declared;
  const current = await describeCurrentEnvironment(notebook, declared.environment, execution);
  if (!current.ok) return refuseEvaluatorFailure(current);
  const { environment, facts } = current.value;
  const settings = { environment, returns, policy: defaultLimits, acceptance: DEFAULT_ACCEPTANCE };
  const planned: PlannedAudit = {
    reference,
    versions: facts.versions,
    context: { settings, facts, observed: null },
    source,
    against: null,
    episodes,
    journal: { keepEpisodes: () => Promise.resolve() },
    kept: 'What was played until then is shown.',
    conclude: (played) => Promise.resolve(buildHandAuditBundle(reference, played)),
  };
  return play(notebook, planned, execution);
}

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

/** Texts of a run as it wrote them. */
interface FrozenPolicies {
  readonly source: string;
  /** The run's first champion, where its best is audited; else `null`. */
  readonly against: { readonly candidate: CandidateId; readonly source: string } | null;
}

/** Reads the texts that are played: a champion's with that of the run's first champion, to compare them. */
async function freeze(state: RunState, candidate: CandidateId, folder: string): Promise<FrozenPolicies> {
  const source = await readPolicy(folder, requireCandidate(state, candidate));
  const [first] = state.championHistory;
  const isBest = [findScoredHead(state), findScoredChampion(state)].some(
    (best) => best?.candidate.id === candidate,
  );
  if (!isBest || first === undefined || first.candidate === candidate) return { source, against: null };
  const against = await readPolicy(folder, requireCandidate(state, first.candidate));
  return { source, against: { candidate: first.candidate, source: against } };
}

/** An audit that is about to be played, and what becomes of it. */
interface PlannedAudit extends Omit<AuditTask, 'nonce'> {
  readonly reference: string;
  readonly journal: AuditPorts['journal'];
  /** Keeps what was played, where it is kept, and gives what is shown of it. */
  readonly conclude: (played: PlayedAudit) => Promise<MimeBundle>;
  /** Says, where an audit ends early, what becomes of it. */
  readonly kept: string;
}

/** Draws the nonce, which cannot have been known before, plays, and shows the result. */
async function play(
  notebook: Notebook,
  planned: PlannedAudit,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const { reference, journal, conclude, kept, ...task } = planned;
  const { episodes } = task;
  const sides = task.against === null ? 1 : 2;
  const display = execution.display(buildAuditProgress(reference, { done: 0, planned: episodes }));
  const progress = new ThrottledOutput<number>(UPDATE_MS, (done) => {
    display.update(buildAuditProgress(reference, { done, planned: episodes }));
  });
  const { audit, stopped, failure, fault } = await runAudit(
    { ...task, nonce: randomBytes(16).toString('hex') },
    {
      evaluator: notebook.evaluator,
      journal,
      clock: SYSTEM_CLOCK,
      signal: execution.signal,
      onProgress: (done) => {
        progress.set(Math.floor(done / sides));
      },
    },
  );
  progress.flush();
  if (audit !== null) display.update(await conclude(audit));
  else display.update({ 'text/plain': `${reference}: no episode of the audit was played` });
  if (failure !== null && audit?.failed !== undefined)
    execution.stream(
      'stderr',
      `${formatQuantity(audit.failed, 'episode')} failed; the first: ${formatPolicyFailure(failure)}\n`,
    );
  if (fault !== '') execution.stream('stderr', `The last episode that was lost: ${fault}\n`);
  if (stopped === null) return succeed(null);
  const rest = audit === null ? 'Nothing had been played.' : kept;
  return stopped.reason === 'interrupted'
    ? refuse('KeyboardInterrupt', `the audit was stopped. ${rest}`)
    : refuse('EvaluatorError', `${endSentence(stopped.message)} ${rest}`);
}
