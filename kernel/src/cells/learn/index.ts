/** `%%learn`: a new run, an interrupted one resumed, or a finished one shown; once, or as several replicates. */
import { diagnoseAt, type LearnCell } from '@policybook/language';
import type { CellExecution } from '../../cell-service';
import { refuseDiagnostics, type CellResult } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';
import { hasFinished, openRunPlan } from './open';
import { planRun } from './plan';
import { runOpened } from './run';

/** Runs a `%%learn` cell in three steps: its plan, the run folder, and the session. */
export async function runLearn(
  notebook: Notebook,
  cell: LearnCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const plan = await planRun(notebook, cell, execution);
  if (!plan.ok) return plan;
  const { run: name, background } = plan.value;
  const opened = await openRunPlan(notebook, plan.value, execution);
  const result = opened.ok
    ? await notebook.background.runInCell(
        // A record that is only shown is shown in the cell: what came after its end would be seen by no program.
        { name, background: background && !(await hasFinished(plan.value, opened.value)), error: 'RunError' },
        execution,
        (sink) => runOpened(notebook, plan.value, opened.value, sink),
      )
    : opened;
  if (result.ok || result.name !== 'AuthorError') return result;
  const { message, code, detail } = result;
  const place = diagnoseAt(cell, { keys: [['author']] }, message);
  return { ...refuseDiagnostics(result.name, cell.code, [place]), code, detail };
}
