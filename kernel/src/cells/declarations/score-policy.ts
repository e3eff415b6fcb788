/** A policy's mean return over a few fixed seeds, for cells that only want to know how good a text is. */
import type { MethodParams, MethodResult, PolicyFailure, PolicyLimits } from '@policybook/protocol';
import { returnBounds, scoreOf, type Score } from '@policybook/engine';
import { confinementWords, stepLimitWords } from '@policybook/views';
import { succeed, type CellResult } from '../errors/cell-failure';
import { refuseEvaluatorFailure, policyFailureOf } from '../errors/evaluator-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';

const episodes = 20;

/** A score, and what a reader of it should know, a line each. */
export interface ScoredPolicy {
  readonly score: Score;
  readonly remarks: readonly string[];
}

/** The score, an error of the cell, or the failure of the policy. The same seeds each time, so that edits compare. */
export async function scorePolicy(
  notebook: Notebook,
  { environment, returns }: DeclaredEnvironment,
  source: string,
  limits: PolicyLimits,
  signal: AbortSignal,
): Promise<CellResult<ScoredPolicy> | { readonly ok: false; readonly failure: PolicyFailure }> {
  const seeds = Array.from({ length: episodes }, (_, seed) => seed);
  const played = await play(notebook, { environment, source, limits, seeds }, signal);
  if (!played.ok) return played;
  const { failure, level, slowestStepMs } = played.value;
  if (failure !== null) return { ok: false, failure };
  const all = played.value.episodes.map((episode) => episode.return);
  const bounds = returnBounds({ settings: { returns }, observed: null }, all);
  const remarks = [
    confinementWords(level ?? undefined),
    slowestStepMs === undefined ? null : stepLimitWords(slowestStepMs, limits.stepMs),
  ];
  return succeed({
    score: scoreOf(all, bounds, 0.95),
    remarks: remarks.filter((remark) => remark !== null),
  });
}

/** What keeps a text from being played, learned from one episode; `null` where nothing does. */
export async function tryPolicy(
  notebook: Notebook,
  { environment }: DeclaredEnvironment,
  source: string,
  limits: PolicyLimits,
  signal: AbortSignal,
): Promise<CellResult<PolicyFailure | null>> {
  const described = await notebook.evaluator.request('policy.describe', { source }, { signal });
  if (!described.ok) {
    const failure = policyFailureOf(described);
    return failure === null ? refuseEvaluatorFailure(described) : succeed(failure);
  }
  const played = await play(notebook, { environment, source, limits, seeds: [0] }, signal);
  return played.ok ? succeed(played.value.failure) : played;
}

async function play(
  notebook: Notebook,
  params: MethodParams<'evaluate'>,
  signal: AbortSignal,
): Promise<CellResult<MethodResult<'evaluate'>>> {
  const played = await notebook.evaluator.request('evaluate', params, { signal });
  return played.ok ? succeed(played.value) : refuseEvaluatorFailure(played);
}
