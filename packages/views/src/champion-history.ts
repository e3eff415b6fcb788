/** The champions of a run and the standing of every candidate, as all views show them. */
import {
  findHead,
  isRefused,
  scoreAllEpisodes,
  type Candidate,
  type CandidateId,
  type RunState,
  type Score,
} from '@policybook/engine';
import { toOneLine } from './text';

/**
 * How a candidate stands: `champion` was champion at some time; `refused` loses a golden case or was rejected by the user; `pending` was not compared; `failed` was not worth an episode; `dropped` fell
 * behind in a race, which is less than having been shown to be `worse`.
 */
export type CandidateStanding =
  'champion' | 'refused' | 'worse' | 'equivalent' | 'undecided' | 'dropped' | 'failed' | 'pending';

const STANDING_LABELS: Readonly<Record<CandidateStanding, string>> = {
  champion: 'became champion',
  refused: 'refused',
  worse: 'worse',
  equivalent: 'equivalent',
  undecided: 'undecided',
  dropped: 'dropped',
  failed: 'failed',
  pending: 'not compared',
};

/** The words for a standing in legends and hovers. */
export function formatStanding(standing: CandidateStanding): string {
  return STANDING_LABELS[standing];
}

/** A policy with the score that is shown of it. */
export interface ScoredCandidate {
  readonly candidate: Candidate;
  /** Over all of its fresh episodes; of one that has none, over those by which it was chosen. */
  readonly score: Score;
  /** Whether it has a score of fresh episodes, or of those by which it was not chosen. */
  readonly isMeasured: boolean;
}

/** Formats what a candidate is called, with the one of a run's several authors that wrote it. */
export function formatLabel({ label, author }: Candidate, most = 80): string {
  return `${toOneLine(label, most)}${author === null ? '' : `, by ${toOneLine(author, 40)}`}`;
}

/** Formats a policy reference as the cell language accepts it: `first@7`. */
export function formatReference(run: string, candidate: CandidateId): string {
  return `${run}@${candidate}`;
}

/** Finds the present champion, `null` before the first. */
export function findScoredChampion(state: RunState): ScoredCandidate | null {
  const entry = state.championHistory.at(-1);
  const candidate = entry && state.candidates.get(entry.candidate);
  return candidate ? { candidate, score: candidate.score ?? entry.score, isMeasured: true } : null;
}

/** Finds the head, which the run hands over: the best estimate, or the champion where nothing leads it; `null` before the first. */
export function findScoredHead(state: RunState): ScoredCandidate | null {
  const champion = findScoredChampion(state);
  const head = findHead(state);
  if (head === null || head.id === champion?.candidate.id) return champion;
  return scoreCandidate(state, head) ?? champion;
}

/** Scores a candidate by its fresh episodes, or, where it has none, by all that it has played; `null` before any. */
export function scoreCandidate(state: RunState, candidate: Candidate): ScoredCandidate | null {
  const score = candidate.score ?? scoreAllEpisodes(state, candidate);
  return score === null ? null : { candidate, score, isMeasured: candidate.score !== null };
}

/** A score of the champion of its time, from so many episodes on: at its promotion, and once more from the last defence. */
export interface ChampionScore {
  readonly episodes: number;
  readonly candidate: CandidateId;
  readonly score: Score;
}

/** Lists the scores of all champions, in the order of their promotions. */
export function listChampionScores(state: RunState): readonly ChampionScore[] {
  const promoted = state.championHistory.map(({ at, candidate, score }) => ({
    episodes: at.episodes,
    candidate,
    score,
  }));
  const champion = findScoredChampion(state);
  const last = promoted.at(-1);
  if (champion === null || last === undefined || champion.candidate.at.episodes <= last.episodes)
    return promoted;
  const { id, at } = champion.candidate;
  return [...promoted, { episodes: at.episodes, candidate: id, score: champion.score }];
}

/** Finds the mean of the champion when so many episodes had been spent; `null` before the first champion. */
export function findMeanAt(scores: readonly ChampionScore[], episodes: number): number | null {
  return scores.findLast((entry) => entry.episodes <= episodes)?.score.mean ?? null;
}

/** Finds the standing of every candidate, in the order in which they were proposed. */
export function findStandings(state: RunState): ReadonlyMap<CandidateId, CandidateStanding> {
  const champions = new Set(state.championHistory.map((entry) => entry.candidate));
  return new Map(
    [...state.candidates.values()].map((candidate) => [
      candidate.id,
      champions.has(candidate.id) ? 'champion' : pickStanding(state, candidate),
    ]),
  );
}

function pickStanding(state: RunState, candidate: Candidate): CandidateStanding {
  if (isRefused(state, candidate)) return 'refused';
  const { verdict } = candidate;
  switch (verdict) {
    case 'rejected':
      return 'failed';
    case 'worse':
    case 'dropped':
    case 'equivalent':
    case 'undecided':
      return verdict;
    case 'better':
    case 'first':
    case null:
      return 'pending';
  }
}
