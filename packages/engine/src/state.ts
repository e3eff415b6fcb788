/** The state of a run: a fold over its events, and nothing else. */
import type { Audit, CandidateId, Cost, GainKind, RunEvent, Score, Verdict } from './events';
import type { EnvironmentFacts, PolicyFailure, PolicySize } from './evaluator-messages';
import type { RunSettings } from './settings';

export interface Candidate {
  readonly id: CandidateId;
  readonly generation: number;
  readonly parent: CandidateId | null;
  readonly kind: GainKind;
  readonly label: string;
  readonly idea: string;
  /** File name under `policies/`. */
  readonly policy: string;
  readonly hash: string;
  /** SHA-256 of the syntax tree; `null` when the text does not parse. */
  readonly treeHash: string | null;
  /** Constants marked `# tune:`. */
  readonly tunable: number;
  readonly size: PolicySize;
  /** Every training return so far, by seed. */
  readonly training: ReadonlyMap<number, number>;
  /** From its own comparison, or from the latest in which it defended. */
  readonly score: Score | null;
  readonly verdict: Verdict | 'rejected' | 'dropped' | 'first' | null;
  /** Why it was rejected, where it failed; `null` otherwise. */
  readonly failure: PolicyFailure | null;
  /** Episodes that the run had spent when the candidate's latest score was known: its place on the x axis. */
  readonly at: Meter;
}

/** What a run has spent so far. */
export type Meter = { readonly [K in keyof Cost]-?: number };

export interface Championship {
  readonly candidate: CandidateId;
  readonly kind: GainKind;
  readonly score: Score;
  readonly at: Meter;
}

export interface RunState {
  readonly run: string;
  readonly settings: RunSettings;
  readonly facts: EnvironmentFacts;
  readonly generation: number;
  readonly candidates: ReadonlyMap<CandidateId, Candidate>;
  /** In the order they took the title; the last one reigns. */
  readonly championships: readonly Championship[];
  readonly findings: readonly string[];
  readonly meter: Meter;
  readonly comparisons: number;
  /** Least and greatest return seen in whole episodes. */
  readonly observed: { readonly low: number; readonly high: number } | null;
  /** Returns of whole episodes outside the declared bounds; 0 where none were declared. */
  readonly outside: number;
  /** In their order. They are beside the run: the meter leaves them out, and so does every decision. */
  readonly audits: readonly Audit[];
  /** `null` while it runs; an interrupted run that goes on is running again. */
  readonly stopped: Extract<RunEvent, { type: 'run_stopped' }> | null;
}
