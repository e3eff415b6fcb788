/** How policies were confined, where a reader of their score should know. */
import type { IsolationLevel } from '@policybook/protocol';

/** From this level on a policy can read nothing but what its imports need, and reach nothing. */
const enough = 3;

const meanings: Readonly<Record<number, string>> = {
  2: 'they could open no file, but Landlock was missing',
  1: 'they could read files and reach the network',
  0: 'nothing confined them but time-outs',
};

/** "policies ran at jail level 1 of 4: …"; `null` from level 3 on, or where no policy ran. */
export function confinementWords(level: IsolationLevel | undefined): string | null {
  if (level === undefined || level >= enough) return null;
  return `policies ran at jail level ${level} of 4: ${meanings[level] ?? ''}`;
}
