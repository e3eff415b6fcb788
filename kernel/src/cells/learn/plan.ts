/** A declared search, resolved, as the engine takes it. */
import { defaultLimits, type PolicyLimits } from '@policybook/protocol';
import { defaultAcceptance, defaultRacing, type RunSettings } from '@policybook/engine';
import { resolve } from 'node:path';
import {
  problemAt,
  type CompareCell,
  type LearnCell,
  type PolicyLimitsDeclaration,
  type SearchDeclaration,
} from '@policybook/language';
import { succeed, refuseDiagnostics, type CellResult } from '../errors/cell-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';

/** `start`: the text that the declaration's reference names; `policy`: what one may use, its folder looked at. */
export function runSettings(
  declaration: SearchDeclaration & { readonly seed: number },
  environment: DeclaredEnvironment,
  start: string | null,
  policy: PolicyLimits,
): RunSettings {
  const { author, budget, seed, racing, acceptance, errorRate, simplify, tune } = declaration;
  return {
    environment: environment.environment,
    environmentName: environment.name,
    observation: environment.observation === null ? null : [...environment.observation],
    author,
    budget,
    seed,
    returns: environment.returns === null ? null : [...environment.returns],
    racing: { ...defaultRacing, ...racing },
    acceptance: { ...defaultAcceptance, ...acceptance },
    errorRate,
    simplify,
    tune,
    policy,
    start,
  };
}

/** What a policy may use: as declared, else the defaults. A folder of data is known by what it holds now. */
export async function policyLimits(
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
  const place = problemAt(cell, { keys: [['policy', 'data'], ['policy']] }, described.message);
  return refuseDiagnostics('PolicyError', cell.code, [place]);
}
