/** From a plan to the folder of its comparison. */
import { diagnoseAt } from '@policybook/language';
import { openComparison, type OpenedComparison } from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { describeEnvironment } from '../declarations/registration';
import { refuseDiagnostics, succeed, type CellResult } from '../errors/cell-failure';
import { closeOnError, explainReplacement, refuseOpening, writeLines } from '../learn/open';
import type { Notebook } from '../notebook/notebook';
import type { ComparisonPlan } from './plan';
import { listPoliciesOfOtherEnvironments } from './policies-of-other-environments';

/** Opens the comparison's folder, registers it in the workbench, and says what became of an earlier one. */
export async function openComparisonPlan(
  notebook: Notebook,
  plan: ComparisonPlan,
  execution: CellExecution,
): Promise<CellResult<OpenedComparison>> {
  const { comparison, settings, cell, environment, again, obstacle } = plan;
  const opened = await openComparison(notebook.runsFolder, {
    comparison,
    settings,
    cell: cell.code,
    environment: environment.facts.versions,
    again,
    obstacle: () => obstacle,
  });
  if (!opened.ok) {
    if (opened.code !== 'missing_key') return refuseOpening(opened, 'CompareError');
    const place = diagnoseAt(cell, { keys: [['authors'], ['baselines']] }, opened.message);
    return refuseDiagnostics('AuthorError', cell.code, [place]);
  }
  const { folder } = opened.value;
  const named = { name: comparison, folder: folder.path, environment: environment.name };
  const registration = { kind: 'comparison', ...named };
  await closeOnError(folder, async () => {
    await execution.register({ declarations: [describeEnvironment(environment), registration] });
    writeLines(await explainOpening(notebook, plan, opened.value), execution);
  });
  return succeed(opened.value);
}

async function explainOpening(
  notebook: Notebook,
  plan: ComparisonPlan,
  opened: OpenedComparison,
): Promise<readonly string[]> {
  const { comparison, environment } = plan;
  const { state: before, repaired } = opened;
  const isContinued = before !== null && before.stopped?.reason !== 'finished';
  return [
    ...(repaired === null ? [] : [repaired]),
    ...(await explainReplacement(notebook, 'comparison', { run: comparison, environment }, opened)),
    ...(isContinued ? [`${comparison} goes on where it was left`] : []),
    ...listPoliciesOfOtherEnvironments(notebook, plan),
  ];
}
