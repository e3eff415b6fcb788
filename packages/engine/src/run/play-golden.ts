/** How candidates play the golden cases, on which no later head or champion may lose. */
import { addUsage, writeCanonicalJson, type ResourceUsage } from '@policybook/protocol';
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { findLongestEpisode, readBudgetLeft } from '../budget/budget';
import { hasPlayedGolden, isRefused, judgeGoldenReturns } from '../choice/golden';
import type { CandidateId } from '../events';
import { readGoldenReturns, requireCandidate, type EventOf, type RunState } from '../state';
import type { GoldenCase } from '../settings';
import { createRejection } from './admit';
import type { RunContext } from './context';
import { playCandidate } from './play-candidate';
import { StoppedError } from '../session/stopped';

/** Whether a candidate loses no golden case; it plays them where it has not. Where the budget forbids that, it is not known to. */
export async function holdsGolden(context: RunContext, id: CandidateId): Promise<boolean> {
  if (!hasPlayedGolden(context.log.state, id) && !(await playGolden(context, id))) return false;
  const { state } = context.log;
  const candidate = requireCandidate(state, id);
  return candidate.verdict !== 'rejected' && !isRefused(state, candidate);
}

/** Has a candidate play the golden cases, in which it may fail; returns whether the budget allowed it. */
export async function playGolden(context: RunContext, id: CandidateId): Promise<boolean> {
  if (!canAffordGolden(context.log.state)) return false;
  context.announce(`playing golden cases with @${id}`);
  await context.log.recordOrReplay(1, ['golden_played', 'candidate_rejected'], async () => [
    await playCases(context, id),
  ]);
  return true;
}

/** Whether the episodes and steps left carry all cases: a part of them would say nothing. */
export function canAffordGolden(state: RunState): boolean {
  const { episodes, steps } = readBudgetLeft(state);
  const count = state.settings.golden?.length ?? 0;
  return count <= (episodes ?? Infinity) && count * findLongestEpisode(state.facts) <= (steps ?? Infinity);
}

async function playCases(
  context: RunContext,
  candidate: CandidateId,
): Promise<EventOf<'golden_played' | 'candidate_rejected'>> {
  const { state } = context.log;
  const groups = groupByOptions(state.settings.golden ?? []);
  const { steps } = readBudgetLeft(state);
  const results = await Promise.all(
    groups.map(({ options, cases }) => {
      const environment = options && { ...state.settings.environment, resetOptions: options };
      const seeds = cases.map(({ seed }) => seed);
      const played = playCandidate(context, candidate, seeds, { steps, ...(environment && { environment }) });
      return options === undefined ? played : played.catch((error: unknown) => nameOptions(error, options));
    }),
  );
  const usage = results.reduce<ResourceUsage>((sum, result) => addUsage(sum, result.usage), {});
  const failure = results.find((result) => result.failure !== null)?.failure ?? null;
  if (failure !== null) return createRejection(candidate, { code: 'failed', failure }, usage);
  const episodes = results
    .flatMap(({ seeds, returns, actions }, group) =>
      returns.map((value, at) => ({
        index: groups[group]?.cases[at]?.index ?? 0,
        seed: seeds[at] ?? 0,
        value,
        actions: actions[at] ?? '',
      })),
    )
    .sort((one, other) => one.index - other.index);
  const played = {
    seeds: episodes.map(({ seed }) => seed),
    returns: episodes.map(({ value }) => value),
    actions: episodes.map(({ actions }) => actions).join(''),
  };
  const minEffect = findMinEffect(state, findNearbyBounds(state));
  const losses = judgeGoldenReturns(state, candidate, {
    returns: readGoldenReturns(state.settings, played),
    minEffect,
  });
  return { type: 'golden_played', candidate, played, minEffect, losses, usage };
}

/** Throws what ended the play of cases, with their options where the environment failed: it may be these that it does not take. */
function nameOptions(error: unknown, options: NonNullable<GoldenCase['options']>): never {
  if (!(error instanceof StoppedError) || error.reason !== 'failed') throw error;
  const message = `golden cases with the options ${JSON.stringify(options)} could not be played: ${error.message}`;
  throw new StoppedError('failed', message, error.saysLosses);
}

/** Golden cases with the same options, which one request plays. */
interface CasesOfOptions {
  readonly options: GoldenCase['options'];
  readonly cases: { readonly seed: number; readonly index: number }[];
}

function groupByOptions(golden: readonly GoldenCase[]): readonly CasesOfOptions[] {
  const groups = new Map<string, CasesOfOptions>();
  golden.forEach(({ seed, options }, index) => {
    const key = writeCanonicalJson(options ?? null);
    const group = groups.get(key) ?? { options, cases: [] };
    group.cases.push({ seed, index });
    groups.set(key, group);
  });
  return [...groups.values()];
}
