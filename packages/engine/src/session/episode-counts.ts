/** The episodes of an event, of runs and of comparisons alike. */
import type { ResourceUsage } from '@policybook/protocol';
import type { EpisodeCounts } from './event-log';

/** Reads how many episodes an event played, and how many were lost for it. */
export function readEpisodeCounts(event: {
  readonly type: string;
  readonly usage?: ResourceUsage | undefined;
}): EpisodeCounts {
  // What a contestant took to learn was counted where it learned.
  if (event.type === 'contestant_loaded') return { played: 0, lost: 0 };
  return { played: event.usage?.episodes ?? 0, lost: event.usage?.lost ?? 0 };
}
