import { createHash } from 'node:crypto';
import { deriveSeeds, computeSha256 } from '../../../packages/engine/src/index';

test.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])('agrees with Node on %i characters', (length) => {
  const text = 'é'.repeat(length >> 1) + 'x'.repeat(length & 1);
  expect(computeSha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
});

describe('deriveSeeds', () => {
  test('continues a stream where it was left', () => {
    const whole = deriveSeeds(7, ['selection', 'c'], 10);
    expect([...deriveSeeds(7, ['selection', 'c'], 4), ...deriveSeeds(7, ['selection', 'c'], 6, 4)]).toEqual(
      whole,
    );
  });

  test('never changes: recorded runs depend on it', () => {
    expect(deriveSeeds(0, ['author', 0], 3)).toEqual([1805313389, 1191201472, 847433991]);
  });

  test('keeps streams of other names, positions and runs apart', () => {
    const seeds = [
      ...deriveSeeds(0, ['training'], 100),
      ...deriveSeeds(0, ['author', 1], 100),
      ...deriveSeeds(0, ['selection', 'ab'], 100),
      ...deriveSeeds(0, ['measurement', 'ab'], 100),
      ...deriveSeeds(1, ['training'], 100),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
  });
});
