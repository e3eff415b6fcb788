/** A policy's mean return over a few fixed seeds, for cells that only want to know how good a text is. */
import {
  defaultLimits,
  readPolicyFailure,
  type MethodParams,
  type MethodResult,
  type PolicyFailure,
  type PolicyLimits,
} from '@policybook/protocol';
import { findReturnBounds, computeScore, formatLost, type Score } from '@policybook/engine';
import type { PolicyCell } from '@policybook/language';
import { formatIsolation, formatStepLimit, formatUnrepeatable } from '@policybook/views';
import { succeed, type CellResult } from '../errors/cell-failure';
import { refuseEvaluatorFailure, refusePolicyFailure } from '../errors/evaluator-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';

/** Episodes that are played for a score, on the seeds 0, 1, …: the same each time, so that edits compare. */
const SCORED_EPISODES = 20;

/** The score of a policy, and what a reader of it should know, a line each. */
export interface ScoredPolicy {
  readonly score: Score;
  readonly remarks: readonly string[];
}

/** Plays the policy of a cell with the default limits and scores it; a policy that fails is an error of its cell. */
export async function scorePolicy(
  notebook: Notebook,
  cell: PolicyCell,
  { environment, returns, facts }: DeclaredEnvironment,
  signal: AbortSignal,
): Promise<CellResult<ScoredPolicy>> {
  const limits = defaultLimits;
  const source = cell.body.text;
  const seeds = Array.from({ length: SCORED_EPISODES }, (_, seed) => seed);
  const played = await play(notebook, { environment, source, limits, seeds }, signal);
  if (!played.ok) return played;
  const { failure, level, slowestStepMs, lost = 0, fault = '' } = played.value;
  if (failure !== null) return refusePolicyFailure(failure, cell);
  const all = played.value.episodes.map((episode) => episode.return);
  const bounds = findReturnBounds({ settings: { returns }, observed: null }, all);
  const remarks = [
    formatUnrepeatable(facts, 'scored again, the same text gives another mean'),
    lost === 0 ? null : formatLost(lost, all.length + lost, fault),
    formatIsolation(level ?? undefined),
    slowestStepMs === undefined ? null : formatStepLimit(slowestStepMs, limits.stepMs),
  ];
  return succeed({
    score: computeScore(all, bounds, 0.95),
    remarks: remarks.filter((remark) => remark !== null),
  });
}

/** Tries a text in one episode and gives what keeps it from being played; `null` where nothing does. */
export async function tryPolicy(
  notebook: Notebook,
  { environment }: DeclaredEnvironment,
  source: string,
  limits: PolicyLimits,
  signal: AbortSignal,
): Promise<CellResult<PolicyFailure | null>> {
  const described = await notebook.evaluator.request('policy.describe', { source }, { signal });
  if (!described.ok) {
    const failure = readPolicyFailure(described);
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
