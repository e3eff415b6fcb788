/** What the policies of a cell may use. */
import { resolve } from 'node:path';
import {
  diagnoseAt,
  type CompareCell,
  type LearnCell,
  type PolicyLimitsDeclaration,
} from '@policybook/language';
import { defaultLimits, type PolicyLimits } from '@policybook/protocol';
import { refuseDiagnostics, succeed, type CellResult } from '../errors/cell-failure';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import type { Notebook } from '../notebook/notebook';

/** Completes the declared limits of policies with the defaults. A folder of data is known by what it holds now. */
export async function resolvePolicyLimits(
  notebook: Notebook,
  cell: LearnCell | CompareCell,
  { imports, data, ...given }: PolicyLimitsDeclaration,
  signal: AbortSignal,
): Promise<CellResult<PolicyLimits>> {
  const limits = { ...defaultLimits, ...given, ...(imports && { imports: [...imports] }) };
  if (data === undefined) return succeed(limits);
  const folder = resolve(notebook.folder, data);
  const described = await notebook.evaluator.request('folder.describe', { folder }, { signal });
  if (described.ok) return succeed({ ...limits, data: { folder, hash: described.value.hash } });
  if (described.code !== 'folder_error') return refuseEvaluatorFailure(described);
  const place = diagnoseAt(cell, { keys: [['policy', 'data'], ['policy']] }, described.message);
  return refuseDiagnostics('PolicyError', cell.code, [place]);
}
