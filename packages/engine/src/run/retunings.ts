/** Texts that ask for other constants: they differ from an earlier one in nothing but the marks of these. */
import type { CandidateId } from '../events';
import type { Candidate, RunState } from '../state';

/** Lists those of a generation: they are not played, and their author asks for their constants to be tuned. */
export function listRetunings(state: RunState, generation: number): CandidateId[] {
  return [...state.candidates.values()].flatMap((candidate) =>
    candidate.generation === generation && isRetuning(state, candidate) ? [candidate.id] : [],
  );
}

/** Whether the candidate differs from an earlier one in nothing but its marked constants, as none before it does. */
export function isRetuning(
  { candidates }: Pick<RunState, 'candidates'>,
  { id, duplicateOf, treeHash, marks }: Candidate,
): boolean {
  if (duplicateOf === null || marks === null) return false;
  const hasSameMarks = [...candidates.values()].some(
    (other) => other.id < id && other.treeHash === treeHash && other.marks === marks,
  );
  return candidates.get(duplicateOf)?.treeHash === treeHash && !hasSameMarks;
}
