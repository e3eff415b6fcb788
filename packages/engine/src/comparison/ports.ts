/** What a comparison needs of the world beside the evaluator and the clock. */
import type { Json, Result } from '@policybook/protocol';
import type { Clocks } from '../ports';
import type { ResourceUsage } from '../resources';
import type { ComparisonEvent, Measured } from './events';
import type { ContestantSettings } from './settings';
import type { ComparisonState } from './state';

/** The comparison's folder, one writer. */
export interface ComparisonJournal {
  /** `measured` goes beside the event: what clocks said of its subject. */
  append(event: ComparisonEvent, clocks: Clocks & { readonly measured?: Json }): Promise<void>;
  /** Writes a policy's text once and returns its file name, `NNNN-HASH.py`. */
  keepPolicy(number: number, hash: string, source: string): Promise<string>;
  readPolicy(file: string): Promise<string>;
}

/** A policy on its way into a comparison. */
export interface ProvidedContestant {
  readonly reference: string | null;
  /** More than one: the best of them is chosen by playing, before anybody is compared. */
  readonly texts: readonly { readonly label: string; readonly source: string }[];
  /** What it took to learn. */
  readonly usage: ResourceUsage;
  readonly learning: Pick<Measured, 'learningCpuSeconds' | 'learningWallSeconds'>;
}

/** Brings contestants' policies: reads them, learns them, trains them. Deterministic but for what clocks say. */
export interface ContestantProvider {
  /**
   * `member` counts from 1; `told` is a sentence for people while it takes time. A failure ends the sitting; it must end
   * soon after `signal` aborts, with code `cancelled`.
   */
  provide(
    contestant: ContestantSettings,
    replicate: number,
    context: {
      readonly state: ComparisonState;
      readonly signal: AbortSignal;
      readonly onActivity: (activity: string) => void;
    },
  ): Promise<Result<ProvidedContestant>>;
}

/** Where a comparison stands between events. */
export interface ComparisonProgress {
  readonly activity: string;
  /** Episodes of the comparison itself, and how many it will be. */
  readonly episodes: number;
  readonly expectedEpisodes: number;
  readonly stepsPerSecond: number;
}

/** Called in order and not awaited; recorded events of a resumed comparison are not repeated. */
export interface ComparisonObserver {
  event(event: ComparisonEvent, state: ComparisonState): void;
  progress(progress: ComparisonProgress): void;
}
