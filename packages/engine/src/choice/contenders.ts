/** Which candidates may be chosen, and all the episodes that count for each. */
import { findLatestProven } from '../acceptance/proven-champion';
import type { CandidateId } from '../events';
import { requireCandidate, type Candidate, type RunState } from '../state';
import { isPassedOver } from './accepted';
import { isRefused } from './golden';

/** Returns that are known and not recorded yet, by candidate and seed. */
export type UnrecordedReturns = ReadonlyMap<CandidateId, ReadonlyMap<number, number>>;

/** Lists a candidate and the earlier ones that it acts like by a smaller text, whose episodes count as its own: itself first. */
export function listAlike(state: RunState, id: CandidateId): Candidate[] {
  const candidate = requireCandidate(state, id);
  return [candidate, ...(candidate.actsAs === null ? [] : listAlike(state, candidate.actsAs))];
}

/** Whether a candidate is another one, or acts like it by a smaller text. */
export function isAlike(state: RunState, id: CandidateId, other: CandidateId): boolean {
  return listAlike(state, id).some((each) => each.id === other);
}

/**
 * Lists what may be chosen: candidates that have played and were not rejected; of a text and its simplification only the latter.
 * Those that are refused are among them only where they are head or champion, which others are compared with, and where there
 * is nothing else. What the user has passed over is among them, since others are compared with it too, and takes the place of no text.
 */
export function listContenders(
  state: RunState,
  unrecorded: UnrecordedReturns = new Map(),
): readonly Candidate[] {
  const replaced = new Set([
    ...[...state.candidates.values()].flatMap((candidate) =>
      isPassedOver(state, candidate) ? [] : (candidate.actsAs ?? []),
    ),
    ...state.championHistory.flatMap(({ kind, candidate }, index) =>
      kind === 'simplification' && !isPassedOver(state, { id: candidate })
        ? (state.championHistory[index - 1]?.candidate ?? [])
        : [],
    ),
  ]);
  const playing = [...state.candidates.values()].filter(
    (candidate) =>
      candidate.verdict !== 'rejected' &&
      !replaced.has(candidate.id) &&
      collectReturns(state, candidate, unrecorded).size > 0,
  );
  const allowed = pickAllowed(state, playing);
  if (allowed.length === playing.length) return playing;
  const kept = new Set([
    ...allowed.map(({ id }) => id),
    state.head,
    state.championHistory.at(-1)?.candidate,
    findLatestProven(state),
  ]);
  return playing.filter(
    (candidate) => kept.has(candidate.id) || (isPassedOver(state, candidate) && !isRefused(state, candidate)),
  );
}

/**
 * Picks those that may be head, of which the user has passed over none: where all are refused those that the user has not rejected, and where the user has rejected all
 * the present head, which stays until there is another policy.
 */
export function pickAllowed(state: RunState, candidates: readonly Candidate[]): readonly Candidate[] {
  const open = candidates.filter((candidate) => !isPassedOver(state, candidate));
  const choices = [
    open.filter((candidate) => !isRefused(state, candidate)),
    open.filter(({ isRejectedByUser }) => !isRejectedByUser),
    candidates.filter(({ id }) => id === state.head),
  ];
  return choices.find(({ length }) => length > 0) ?? candidates;
}

/** Whether nothing would be left to choose if the user rejected the candidate. */
export function isLastChoice(state: RunState, id: CandidateId): boolean {
  const candidates = new Map(state.candidates);
  candidates.set(id, { ...requireCandidate(state, id), isRejectedByUser: true });
  const accepted = state.accepted?.candidate === id ? null : state.accepted;
  return listContenders({ ...state, candidates, accepted }).every(({ isRejectedByUser }) => isRejectedByUser);
}

/** Collects all returns of a candidate by their seeds, those of a text that it acts like included. */
export function collectReturns(
  state: RunState,
  candidate: Candidate,
  unrecorded: UnrecordedReturns = new Map(),
): ReadonlyMap<number, number> {
  const { actsAs, training, fresh, id } = candidate;
  if (actsAs === null && fresh.size === 0 && !unrecorded.has(id)) return training;
  const earlier = actsAs === null ? [] : collectReturns(state, requireCandidate(state, actsAs), unrecorded);
  return new Map([...earlier, ...training, ...fresh, ...(unrecorded.get(id) ?? [])]);
}
