/** What a request folder holds: the task as a model would get it, and the run so far for programs to read. */
import {
  compareWith,
  findHead,
  summariseEpisodes,
  QUANTILE_SHARES,
  type AuthorRequest,
  type Candidate,
  type CandidateId,
} from '@policybook/engine';
import type { Prompt } from './prompt';

/** Writes the files of a request, by their paths within its folder. The same request gives the same files. */
export async function writeRequestFiles(
  request: AuthorRequest,
  { system, user }: Prompt,
): Promise<Map<string, string>> {
  const candidates = [...request.state.candidates.values()];
  return new Map([
    ['task.md', `${system}\n\n${user}\n`],
    ['contract.md', `${system}\n`],
    ['evidence.json', formatJson(await collectEvidence(request, candidates))],
    ['history.json', formatJson(candidates.map((candidate) => describeCandidate(request, candidate)))],
    ...candidates.map(({ id }): [string, string] => [locatePolicy(id), request.source(id)]),
  ]);
}

const locatePolicy = (id: CandidateId): string => `policies/${id}.py`;

const formatJson = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

async function collectEvidence(request: AuthorRequest, candidates: readonly Candidate[]): Promise<object> {
  const { settings, facts, state, left } = request;
  const head = findHead(state);
  const comparisons = head === null ? [] : compareWith(state, head.id);
  const played = candidates.filter(({ training, fresh }) => training.size + fresh.size > 0);
  const { id, kwargs, simulator } = settings.environment;
  return {
    environment: {
      name: settings.environmentName,
      id,
      kwargs,
      isSimulator: simulator !== null,
      observation: settings.observation,
      observationSpace: facts.observationSpace.text,
      actionSpace: facts.actionSpace.text,
      rewardThreshold: facts.rewardThreshold,
    },
    left,
    best: head?.id ?? null,
    findings: state.findings,
    quantileShares: QUANTILE_SHARES,
    candidates: await Promise.all(
      played.map(async (candidate) => ({
        candidate: candidate.id,
        episodes: summariseEpisodes(await request.episodes(candidate.id)),
        comparedWithBest: comparisons.find((each) => each.candidate === candidate.id) ?? null,
      })),
    ),
  };
}

function describeCandidate({ state }: AuthorRequest, candidate: Candidate): object {
  const { id, generation, parent, kind, label, idea, verdict, score, training, failure, duplicateOf } =
    candidate;
  const returns = [...training.values()];
  return {
    candidate: id,
    policy: locatePolicy(id),
    generation,
    parent,
    kind,
    label,
    idea,
    isBest: findHead(state)?.id === id,
    verdict,
    score,
    training: {
      episodes: returns.length,
      mean: returns.length === 0 ? null : returns.reduce((sum, each) => sum + each, 0) / returns.length,
    },
    failure,
    duplicateOf,
  };
}
