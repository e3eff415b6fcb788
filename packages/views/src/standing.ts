/** Where candidates stand, as every view words and draws it. */
import type { Candidate, CandidateId, RunState, Score } from '@policybook/engine';

/**
 * `champion` held the title at some time; `pending` was not compared; `failed` was not worth an episode; `dropped` fell
 * behind in a race, which is less than having been shown to be `worse`.
 */
export type Standing = 'champion' | 'worse' | 'equivalent' | 'undecided' | 'dropped' | 'failed' | 'pending';

const words: Readonly<Record<Standing, string>> = {
  champion: 'took the title',
  worse: 'worse',
  equivalent: 'equivalent',
  undecided: 'undecided',
  dropped: 'dropped',
  failed: 'failed',
  pending: 'not compared',
};

export function standingWords(standing: Standing): string {
  return words[standing];
}

export interface Champion {
  readonly candidate: Candidate;
  /** Its latest: from taking the title, or from the last defence on fresh seeds. */
  readonly score: Score;
}

/** Policy reference that the cell language accepts: `first@7`. */
export function referenceOf(run: string, candidate: CandidateId): string {
  return `${run}@${candidate}`;
}

/** The reigning champion, `null` before the first. */
export function championOf(state: RunState): Champion | null {
  const reign = state.championHistory.at(-1);
  const candidate = reign && state.candidates.get(reign.candidate);
  return candidate ? { candidate, score: candidate.score ?? reign.score } : null;
}

/** A score of whoever reigned, from so many episodes on: at the accession, and once more from the last defence. */
export interface Reign {
  readonly episodes: number;
  readonly candidate: CandidateId;
  readonly score: Score;
}

export function reigns(state: RunState): readonly Reign[] {
  const acceded = state.championHistory.map(({ at, candidate, score }) => ({
    episodes: at.episodes,
    candidate,
    score,
  }));
  const champion = championOf(state);
  const last = acceded.at(-1);
  if (champion === null || last === undefined || champion.candidate.at.episodes <= last.episodes)
    return acceded;
  const { id, at } = champion.candidate;
  return [...acceded, { episodes: at.episodes, candidate: id, score: champion.score }];
}

/** Mean of whoever reigned when so many episodes had been spent; `null` before the first. */
export function meanAt(reigned: readonly Reign[], episodes: number): number | null {
  return reigned.findLast((reign) => reign.episodes <= episodes)?.score.mean ?? null;
}

/** Standing of every candidate, in the order they were proposed. */
export function standings(state: RunState): ReadonlyMap<CandidateId, Standing> {
  const titled = new Set(state.championHistory.map((reign) => reign.candidate));
  return new Map(
    [...state.candidates.values()].map((candidate) => [
      candidate.id,
      titled.has(candidate.id) ? 'champion' : standingOf(candidate),
    ]),
  );
}

function standingOf({ verdict }: Candidate): Standing {
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
