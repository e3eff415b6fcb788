import { findDeparture } from '@policybook/engine';

/** An episode of one letter a step, and what the replay hashes to after each; equal beginnings hash alike. */
function hashesOf(steps: string): string {
  return Array.from(steps, (_, index) => hashOf(steps.slice(0, index + 1))).join('');
}

function hashOf(beginning: string): string {
  return Array.from(beginning)
    .reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 4096, 7)
    .toString(16)
    .padStart(3, '0');
}

function recorded(steps: string, every: number) {
  const ends = Array.from({ length: Math.ceil(steps.length / every) }, (_, index) => (index + 1) * every);
  const hashes = ends.map((end) => hashOf(steps.slice(0, end))).join('');
  return { steps: steps.length, trajectoryHashes: { every, hashes } };
}

const leaves = (before: string, now: string, every: number) =>
  findDeparture(recorded(before, every), { steps: now.length, hashes: hashesOf(now) });

it('finds nothing where the episode is the same', () => {
  expect(leaves('abcdefg', 'abcdefg', 1)).toBeNull();
  expect(leaves('abcdefg', 'abcdefg', 3)).toBeNull();
});

it('names the step where the record has every one, the steps between two trajectoryHashes otherwise', () => {
  expect(leaves('abcdefg', 'abcxefg', 1)).toEqual({ from: 4, to: 4 });
  expect(leaves('abcdefg', 'abcxefg', 3)).toEqual({ from: 4, to: 6 });
  expect(leaves('abcdefg', 'abcdefx', 3)).toEqual({ from: 7, to: 7 });
  expect(leaves('abcdefg', 'xbcdefg', 1)).toEqual({ from: 1, to: 1 });
});

it('knows an end that comes too early or too late', () => {
  expect(leaves('abcdefg', 'abcde', 1)).toEqual({ from: 6, to: 6 });
  expect(leaves('abcdefg', 'abcd', 3)).toEqual({ from: 4, to: 5 });
  expect(leaves('abcdefg', 'abcdefgh', 3)).toEqual({ from: 8, to: 8 });
});
