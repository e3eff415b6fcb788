/** What every phase of a run works with. */
import type { CandidateId } from '../events';
import type { Decisions } from '../decisions';
import type { Author, Journal } from '../ports';
import type { Candidate, RunState } from '../state';
import type { Bench } from './bench';
import type { Ledger } from './ledger';

export interface Context {
  readonly ledger: Ledger;
  readonly bench: Bench;
  readonly journal: Journal;
  readonly author: Author;
  readonly decisions: Decisions;
  /** Text of every candidate so far. */
  readonly texts: Map<CandidateId, string>;
  readonly signal: AbortSignal;
  /** Says what is being done, for people. */
  announce(activity: string): void;
}

/** Whether a proposer's attempt changed the champion; `unaffordable` when the budget forbids the attempt. */
export type Outcome = 'gained' | 'nothing' | 'unaffordable';

export function champion(state: RunState): Candidate | null {
  const reigning = state.championships.at(-1);
  return reigning === undefined ? null : candidateOf(state, reigning.candidate);
}

/**
 * Whom challengers meet, and simplifications are held to: the last champion whose gain was shown, not one that was
 * taken for its smaller text. So every gain is a gain over the one before it, and what simplifications cost cannot
 * add up.
 */
export function provenChampion(state: RunState): Candidate | null {
  const proven = state.championships.findLast(
    ({ candidate, kind }) => kind !== 'simplification' || candidateOf(state, candidate).verdict === 'better',
  );
  return proven === undefined ? null : candidateOf(state, proven.candidate);
}

export function candidateOf(state: RunState, id: CandidateId): Candidate {
  const candidate = state.candidates.get(id);
  if (candidate === undefined) throw new Error(`no candidate ${id}`);
  return candidate;
}

export function textOf(context: Context, id: CandidateId): string {
  const text = context.texts.get(id);
  if (text === undefined) throw new Error(`no text of candidate ${id}`);
  return text;
}

/** A name for what was made of a candidate; what was made of it before is not repeated. */
export function derivedLabel(label: string, made: 'tuned' | 'simplified'): string {
  return `${label.replace(/(, (tuned|simplified))+$/, '')}, ${made}`;
}
