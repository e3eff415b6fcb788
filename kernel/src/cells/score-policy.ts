/** A policy's mean return over a few fixed seeds, for cells that only want to know how good a text is. */
import { returnBounds, scoreOf, type PolicyFailure, type PolicyLimits, type Score } from '@policybook/engine';
import { found, type Outcome } from './cell-error';
import { evaluatorError } from './evaluator-failure';
import type { DeclaredEnvironment, Notebook } from './notebook';

const episodes = 20;

/** The score, an error of the cell, or the failure of the policy. The same seeds each time, so that edits compare. */
export async function scorePolicy(
  notebook: Notebook,
  { environment, returns }: DeclaredEnvironment,
  source: string,
  limits: PolicyLimits,
  signal: AbortSignal,
): Promise<Outcome<Score> | { readonly ok: false; readonly failure: PolicyFailure }> {
  const seeds = Array.from({ length: episodes }, (_, seed) => seed);
  const played = await notebook.evaluator.request(
    'evaluate',
    { environment, source, limits, seeds },
    { signal },
  );
  if (!played.ok) return evaluatorError(played);
  const { failure } = played.value;
  if (failure !== null) return { ok: false, failure };
  const all = played.value.episodes.map((episode) => episode.return);
  const bounds = returnBounds({ settings: { returns }, observed: null }, all);
  return found(scoreOf(all, bounds, 0.95));
}
