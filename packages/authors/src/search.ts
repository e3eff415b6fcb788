/** The author that needs no key: what it knows lives in the evaluator; here the run's state is put into its words. */
import {
  findHead,
  type AuthorAnswer,
  type AuthorFailure,
  type AuthorRequest,
  type Candidate,
  type Evaluator,
} from '@policybook/engine';
import { trimUsage, type MethodParams, type MethodResult, type Result } from '@policybook/protocol';
import { z } from 'zod';
import { defineAuthor } from './author-kind';

const KIND = 'search';
/** The most steps inside fitted models that a whole run takes, which is some seconds of one core. */
const MAX_MODEL_STEPS = 5_000_000;
const TRAITS = { spendsModelCalls: false, hasIndependentSamples: false };

/** The `search` author: proposes rules and structures that it knows, and what it finds out about the environment. */
export const search = defineAuthor(z.strictObject({ kind: z.literal(KIND) }), () => ({
  ...TRAITS,
  sampling: null,
  findObstacle: () => null,
  create: ({ evaluator, measureSecondsLeft = () => null }) => ({
    ok: true,
    value: { kind: KIND, ...TRAITS, propose: (request) => propose(evaluator, request, measureSecondsLeft()) },
  }),
}));

async function propose(
  evaluator: Evaluator,
  request: AuthorRequest,
  secondsLeft: number | null,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  const { settings, ownGeneration, state, left, signal, onProgress } = request;
  const params: MethodParams<'search.propose'> = {
    environment: settings.environment,
    limits: settings.policy,
    names: settings.observation,
    seed: settings.seed,
    round: ownGeneration,
    steps: settings.budget.steps,
    episodes: settings.budget.episodes,
    stepsLeft: left.steps,
    episodesLeft: left.episodes,
    secondsLeft,
    modelStepsLeft: Math.max(0, MAX_MODEL_STEPS - state.usage.modelSteps),
    history: listHistory(request),
  };
  const answer = await evaluator.request('search.propose', params, {
    signal,
    ...(onProgress !== undefined && { onProgress }),
  });
  return answer.ok
    ? { ok: true, value: toAnswer(answer.value) }
    : { ...answer, call: null, usage: {}, isLasting: false };
}

function toAnswer({
  proposals,
  findings,
  exhausted,
  limitation,
  usage,
}: MethodResult<'search.propose'>): AuthorAnswer {
  return {
    proposals,
    findings,
    exhausted,
    limitation,
    call: null,
    usage: trimUsage(usage),
    cpuSeconds: usage.cpuSeconds,
    fault: usage.fault,
  };
}

/** Candidates that have been played, in the order they came. */
function listHistory({ state, source }: AuthorRequest): MethodParams<'search.propose'>['history'] {
  const head = findHead(state)?.id;
  return [...state.candidates.values()].flatMap((candidate) => {
    const played = summarisePlayed(candidate);
    if (played === null) return [];
    const { id, label } = candidate;
    return [{ label, source: source(id), ...played, head: id === head }];
  });
}

interface PlayedEpisodes {
  readonly mean: number;
  readonly deviation: number;
  readonly episodes: number;
}

/** A candidate's score, or what its training returns come to; `null` where it was never played. */
function summarisePlayed({ score, training }: Candidate): PlayedEpisodes | null {
  if (score) return { mean: score.mean, deviation: score.deviation, episodes: score.episodes };
  const returns = [...training.values()];
  const episodes = returns.length;
  if (episodes === 0) return null;
  const mean = returns.reduce((sum, each) => sum + each, 0) / episodes;
  const squares = returns.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, deviation: episodes > 1 ? Math.sqrt(squares / (episodes - 1)) : 0, episodes };
}
