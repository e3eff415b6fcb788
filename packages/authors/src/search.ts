/** The keyless author: what it knows lives in the evaluator; here the run's state is put into its words. */
import type { MethodParams, MethodResult, Result, Spent } from '@policybook/protocol';
import type { Author, AuthorAnswer, AuthorRequest, Candidate, ResourceUsage, Evaluator } from '@policybook/engine';

export function searchAuthor(evaluator: Evaluator): Author {
  return { kind: 'search', propose: (request) => propose(evaluator, request) };
}

async function propose(evaluator: Evaluator, request: AuthorRequest): Promise<Result<AuthorAnswer>> {
  const { settings, generation, left, signal } = request;
  const params: MethodParams<'search.propose'> = {
    environment: settings.environment,
    limits: settings.policy,
    names: settings.observation,
    seed: settings.seed,
    round: generation,
    steps: settings.budget.steps,
    episodes: settings.budget.episodes,
    stepsLeft: left.steps,
    episodesLeft: left.episodes,
    history: historyOf(request),
  };
  const answer = await evaluator.request('search.propose', params, { signal });
  return answer.ok ? { ok: true, value: toAnswer(answer.value) } : answer;
}

function toAnswer({ proposals, findings, exhausted, spent }: MethodResult<'search.propose'>): AuthorAnswer {
  return { proposals, findings, exhausted, call: null, usage: costOf(spent) };
}

/** Candidates that have been played, in the order they came. */
function historyOf({ state, source }: AuthorRequest): MethodParams<'search.propose'>['history'] {
  const champion = state.championHistory.at(-1)?.candidate;
  return [...state.candidates.values()].flatMap((candidate) => {
    const played = playedOf(candidate);
    if (played === null) return [];
    const { id, label } = candidate;
    return [{ label, source: source(id), ...played, champion: id === champion }];
  });
}

interface Played {
  readonly mean: number;
  readonly deviation: number;
  readonly episodes: number;
}

/** Its score, or what its training returns come to; `null` where it was never played. */
function playedOf({ score, training }: Candidate): Played | null {
  if (score) return { mean: score.mean, deviation: score.deviation, episodes: score.episodes };
  const returns = [...training.values()];
  const episodes = returns.length;
  if (episodes === 0) return null;
  const mean = returns.reduce((sum, each) => sum + each, 0) / episodes;
  const squares = returns.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, deviation: episodes > 1 ? Math.sqrt(squares / (episodes - 1)) : 0, episodes };
}

/** Zero fields absent, as events want it; CPU time is a clock's matter and no part of an event. */
function costOf({ episodes, steps, modelSteps }: Spent): ResourceUsage {
  return {
    ...(episodes > 0 && { episodes }),
    ...(steps > 0 && { steps }),
    ...(modelSteps > 0 && { modelSteps }),
  };
}
