/** From an open run folder to the outputs of its cell: the run learns, or what it has learned is shown. */
import { checkReproduction, isFinished, type RunEvent, type RunState } from '@policybook/engine';
import { readRun, type OpenedRun } from '@policybook/store';
import { findScoredHead, formatMeasured, formatReference } from '@policybook/views';
import { endSentence, refuse, succeed, type CellResult } from '../errors/cell-failure';
import { formatLate, RunInbox } from '../notebook/inboxes';
import type { Notebook } from '../notebook/notebook';
import { formatNotebookPath } from '../notebook/references';
import { choosePictureTimeMs, type OutputSink } from '../outputs/output-sink';
import { ReplicatesDisplay } from '../outputs/replicates-display';
import { RunDisplay } from '../outputs/run-display';
import { createRunSource } from '../outputs/run-source';
import { formatResuming, writeLines, type OpenedPlan } from './open';
import { planReplicate, type RunPlan } from './plan';
import { closeAfter, runReplicate, runSession, showOnError } from './session';

/** Runs one session of what was opened, and closes it. The cell fails where the run has found no policy. */
export function runOpened(
  notebook: Notebook,
  plan: RunPlan,
  { kind, opened }: OpenedPlan,
  sink: OutputSink,
): Promise<CellResult<null>> {
  return kind === 'run'
    ? closeAfter(opened.folder, () => runOnce(notebook, plan, opened, sink))
    : closeAfter(opened, () => runReplicates(notebook, plan, sink));
}

async function runOnce(
  notebook: Notebook,
  plan: RunPlan,
  opened: OpenedRun,
  sink: OutputSink,
): Promise<CellResult<null>> {
  const { run } = plan;
  const { folder, events, state: before, clocks } = opened;
  const startedAt = performance.now();
  const preparation = plan.cellClock?.seconds ?? 0;
  const source = createRunSource(folder.path, formatNotebookPath(notebook, folder.path), () => ({
    ...clocks,
    wallSeconds: clocks.wallSeconds + preparation + (performance.now() - startedAt) / 1000,
  }));
  const view = new RunDisplay(sink, source, notebook.evaluator, events);
  if (before !== null && isFinished(before)) {
    writeLines(
      [`${run} has finished with this declaration; here is its record. again: true learns it once more.`],
      sink,
    );
    await view.show(before);
    return concludeRun(plan, before);
  }
  if (before !== null) view.resume(before);
  const reproduces = await readReproduced(notebook, opened);
  const inbox = new RunInbox(plan.settings, plan.background);
  notebook.inboxes.add(run, inbox);
  const state = await showOnError(view, () =>
    runSession(notebook, plan, { recorded: opened, observer: view, sink, reproduces, inbox }),
  ).finally(() => {
    const late = formatLate(run, notebook.inboxes.close(run));
    if (late !== null) sink.stream('stderr', `${late}\n`);
  });
  if (!state.ok) return state;
  await view.finish(state.value, choosePictureTimeMs(sink));
  if (reproduces !== null && isFinished(state.value))
    writeLines(await compareRecords(notebook, run, opened, reproduces), sink);
  return concludeRun(plan, state.value);
}

async function runReplicates(notebook: Notebook, plan: RunPlan, sink: OutputSink): Promise<CellResult<null>> {
  const view = new ReplicatesDisplay(sink, plan.run, plan.repeat, notebook.evaluator);
  try {
    return await runEachReplicate(notebook, plan, view, sink);
  } finally {
    await view.finish(choosePictureTimeMs(sink));
  }
}

/** Runs one replicate after another, until one does not end by itself. A replicate may end without a policy: that is a result. */
async function runEachReplicate(
  notebook: Notebook,
  plan: RunPlan,
  view: ReplicatesDisplay,
  sink: OutputSink,
): Promise<CellResult<null>> {
  for (let number = 1; number <= plan.repeat; number++) {
    const replicate = planReplicate(plan, number);
    const state = await runReplicate(notebook, replicate, view.observe(number), sink);
    if (!state.ok) return state;
    view.add(number, state.value);
    if (!isFinished(state.value)) return concludeRun({ run: replicate.run, again: plan.again }, state.value);
  }
  return succeed(null);
}

/** Reads the finished record of the same declaration that `again: true` has put aside; `null` where there is none. */
async function readReproduced(
  notebook: Notebook,
  { replaced, changed, otherFormat }: OpenedRun,
): Promise<readonly RunEvent[] | null> {
  if (replaced === null || changed.length > 0 || otherFormat !== null) return null;
  const stored = await readRun(notebook.runsFolder, replaced);
  if (!stored.ok) return null;
  const { state, events } = stored.value;
  // Where an unfinished run was interrupted says nothing of where this one ends.
  return state !== null && isFinished(state) ? events : null;
}

/** Says whether the run came out as before: across processors and versions that is not promised. */
async function compareRecords(
  notebook: Notebook,
  run: string,
  { replaced }: OpenedRun,
  before: readonly RunEvent[],
): Promise<readonly string[]> {
  const now = await readRun(notebook.runsFolder, run);
  if (!now.ok) return [];
  const reproduction = checkReproduction(before, now.value.events);
  return reproduction.isSame
    ? [`${run} reproduces ${replaced}: all ${reproduction.events} events are the same`]
    : [
        `${run} differs from ${replaced} from event ${reproduction.event} on (${reproduction.type}): ${reproduction.differences.slice(0, 3).join(', ')}`,
      ];
}

/**
 * Says what helps a run that found no policy: one whose author has nothing left, or fails, would spend no larger budget, and
 * what failed in the environment fails there with any.
 */
function formatAdvice(reason: 'budget' | 'exhausted', { authorFailure, candidates }: RunState): string {
  const failed = [...candidates.values()].flatMap(({ failure }) =>
    failure === null ? [] : [failure.message],
  );
  if (candidates.size > 0 && failed.length === candidates.size)
    return `Every policy that was tried failed; the last: ${endSentence(failed.at(-1) ?? '')} Another \`author:\`, or a policy of yours in \`start:\`, may lead further.`;
  if (reason === 'budget' && authorFailure !== null)
    return 'Remove the cause, give the author a larger budget (`calls:`, `tokens:` or `money:`), and run the cell again.';
  return reason === 'budget'
    ? 'Raise the limit that ended it, and run the cell again.'
    : 'Another `author:`, or a policy of yours in `start:`, may lead further.';
}

/** Decides how a cell ends whose run has stopped. */
function concludeRun({ run, again }: Pick<RunPlan, 'run' | 'again'>, state: RunState): CellResult<null> {
  const { stopped } = state;
  const head = findScoredHead(state);
  const kept =
    head === null
      ? 'No policy was found yet.'
      : `Kept: ${formatReference(run, head.candidate.id)}, ${formatMeasured(head)}.`;
  switch (stopped?.reason) {
    case 'interrupted':
      return refuse('KeyboardInterrupt', `${run} was stopped. ${kept} Run ${formatResuming(again)}.`);
    case 'budget':
    case 'exhausted':
      return head === null
        ? refuse(
            'RunError',
            `${run} found no policy: ${endSentence(stopped.message)} ${formatAdvice(stopped.reason, state)}`,
          )
        : succeed(null);
    case 'paused':
      return refuse(
        'RunPaused',
        `${run} is paused: ${endSentence(stopped.message)} ${kept} No generation is spent on it. Run ${formatResuming(again)} when that has passed.`,
      );
    case 'failed':
      return refuse(
        'RunError',
        `${endSentence(stopped.message)} ${kept} Remove the cause, then run ${formatResuming(again)}.`,
      );
    default:
      return succeed(null);
  }
}
