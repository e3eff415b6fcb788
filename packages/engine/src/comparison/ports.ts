/** What a comparison needs from outside the engine. */
import type { Json, ResourceUsage, Result } from '@policybook/protocol';
import type { Clock, Clocks, Evaluator } from '../ports';
import type { ComparisonEvent, Measured } from './events';
import type { ContestantSettings } from './settings';
import type { ComparisonState } from './state';

/** The comparison's folder, with one writer. */
export interface ComparisonJournal {
  /** Writes an event with the clocks in its line's meta; `measured` is what clocks said of the event's subject. */
  append(event: ComparisonEvent, clocks: Clocks & { readonly measured?: Json }): Promise<void>;
  /** Writes a policy's text once and returns its file name, `NNNN-HASH.py`. */
  keepPolicy(number: number, hash: string, source: string): Promise<string>;
  /** Reads the text kept under this file name. */
  readPolicy(file: string): Promise<string>;
}

/** What is brought into a comparison: one text, or several of which one is chosen. */
export interface ProvidedContestant {
  /** What people call it elsewhere; `null` for nothing. */
  readonly reference: string | null;
  /** The texts; of several the best is chosen by playing, before any policy is compared. */
  readonly texts: readonly { readonly label: string; readonly source: string }[];
  /** What it took to learn. */
  readonly usage: ResourceUsage;
  /** Whether who wrote it may have played in the environment where nothing counts it; absent for no. */
  readonly isUnmetered?: boolean;
  readonly learning: Pick<Measured, 'learningCpuSeconds' | 'learningWallSeconds'>;
}

/** What brings contestants' policies: it reads, learns or trains them, and repeats exactly but for what clocks say. */
export interface ContestantProvider {
  /**
   * Brings one policy. `replicate` counts from 1; `onActivity` takes a sentence for people while it takes time. A failure ends the session;
   * it must end soon after `signal` aborts, with code `cancelled`.
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
  /** The episodes of the comparison so far, and how many it will have. */
  readonly episodes: number;
  readonly expectedEpisodes: number;
  readonly stepsPerSecond: number;
}

/** What watches a comparison. It is called in order and not awaited; recorded events are not repeated to it. */
export interface ComparisonObserver {
  onEvent(event: ComparisonEvent, state: ComparisonState): void;
  onProgress(progress: ComparisonProgress): void;
}

/** All that `compare` needs from outside the engine. */
export interface ComparePorts {
  readonly evaluator: Evaluator;
  readonly contestants: ContestantProvider;
  readonly journal: ComparisonJournal;
  readonly clock: Clock;
  readonly observer: ComparisonObserver;
}
