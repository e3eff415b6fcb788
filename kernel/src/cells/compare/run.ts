/** From an open comparison folder to the outputs of its cell: contestants are compared, or a finished record is shown. */
import { RecordDivergedError, compare, hasOnlyFailed, type ComparisonState } from '@policybook/engine';
import type { OpenedComparison } from '@policybook/store';
import { endSentence, refuse, succeed, type CellResult } from '../errors/cell-failure';
import { formatResuming, writeLines } from '../learn/open';
import { closeAfter, formatDivergence, showOnError } from '../learn/session';
import type { Notebook } from '../notebook/notebook';
import { SYSTEM_CLOCK } from '../notebook/system-clock';
import { ComparisonDisplay } from '../outputs/comparison-display';
import { watchEnvironmentOutput } from '../outputs/environment-output';
import { choosePictureTimeMs, type OutputSink } from '../outputs/output-sink';
import { CellContestantProvider } from './contestant-provider';
import type { ComparisonPlan } from './plan';

/** Runs one session of the comparison, and closes its folder. */
export function runComparison(
  notebook: Notebook,
  plan: ComparisonPlan,
  opened: OpenedComparison,
  sink: OutputSink,
): Promise<CellResult<null>> {
  return closeAfter(opened.folder, async () => {
    try {
      return await compareInFolder(notebook, plan, opened, sink);
    } catch (error) {
      if (error instanceof RecordDivergedError)
        return refuse(
          'CompareError',
          `${formatDivergence(plan.comparison, error)} \`again: true\` compares from the beginning.`,
        );
      throw error;
    }
  });
}

async function compareInFolder(
  notebook: Notebook,
  plan: ComparisonPlan,
  { folder, lines, state: before, clocks }: OpenedComparison,
  sink: OutputSink,
): Promise<CellResult<null>> {
  const { comparison, settings, environment } = plan;
  const view = new ComparisonDisplay(sink, notebook.evaluator, before);
  if (before?.stopped?.reason === 'finished') {
    writeLines(
      [
        `${comparison} has finished with this declaration; here is its record. again: true compares once more.`,
      ],
      sink,
    );
    await view.finish(before, choosePictureTimeMs(sink));
    return concludeComparison(plan, before);
  }
  const watched = watchEnvironmentOutput(notebook.evaluator, sink);
  const state = await showOnError(view, () =>
    compare(
      { comparison, settings, facts: environment.facts },
      {
        evaluator: watched.evaluator,
        contestants: new CellContestantProvider(notebook, plan, folder, sink),
        journal: folder,
        clock: SYSTEM_CLOCK,
        observer: notebook.background.watch(comparison, view),
      },
      { signal: sink.signal, resumeFrom: lines, clocks },
    ),
  );
  watched.close();
  await view.finish(state, choosePictureTimeMs(sink));
  return concludeComparison(plan, state);
}

/** Decides how a cell ends whose comparison has stopped. */
function concludeComparison({ comparison, again }: ComparisonPlan, state: ComparisonState): CellResult<null> {
  const { stopped } = state;
  if (stopped?.reason === 'finished' && hasOnlyFailed(state))
    return refuse(
      'CompareError',
      `${endSentence(stopped.message)} Correct the policies, or the limits in policy:, and run the cell again; again: true plays the same ones once more.`,
    );
  const kept = 'What was played is kept.';
  switch (stopped?.reason) {
    case 'interrupted':
      return refuse('KeyboardInterrupt', `${comparison} was stopped. ${kept} Run ${formatResuming(again)}.`);
    case 'failed':
      return refuse(
        'CompareError',
        `${endSentence(stopped.message)} ${kept} Remove the cause, then run ${formatResuming(again)}.`,
      );
    default:
      return succeed(null);
  }
}
