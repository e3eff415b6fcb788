/** How a run's status is worded. */
import type { RunPayload } from './payloads';

const words: Readonly<Record<RunPayload['status'], string>> = {
  running: 'running',
  exhausted: 'finished',
  budget: 'budget spent',
  interrupted: 'stopped',
  failed: 'failed',
};

export function statusWords(status: RunPayload['status']): string {
  return words[status];
}
