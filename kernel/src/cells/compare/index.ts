/** `%%compare`: a new comparison, an interrupted one gone on with, or a finished one shown. */
import type { CompareCell } from '@policybook/language';
import type { CellExecution } from '../../cell-service';
import type { CellResult } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';
import { openComparisonPlan } from './open';
import { planComparison } from './plan';
import { runComparison } from './run';

/** Runs a `%%compare` cell in three steps: its plan, the comparison's folder, and the session. */
export async function runCompare(
  notebook: Notebook,
  cell: CompareCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const plan = await planComparison(notebook, cell, execution);
  if (!plan.ok) return plan;
  const opened = await openComparisonPlan(notebook, plan.value, execution);
  if (!opened.ok) return opened;
  const { comparison: name } = plan.value;
  const background = plan.value.background && opened.value.state?.stopped?.reason !== 'finished';
  return notebook.background.runInCell({ name, background, error: 'CompareError' }, execution, (sink) =>
    runComparison(notebook, plan.value, opened.value, sink),
  );
}
