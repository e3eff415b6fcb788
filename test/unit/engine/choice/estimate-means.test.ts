import { estimateMeans } from '../../../../packages/engine/src/choice/estimate-means';
import { createRandomStream } from '../../../../packages/engine/src/comparison/random-stream';

/** Returns by seed: `mean` plus what the seed gives to everybody plus noise of the policy's own. */
function play(mean: number, seeds: readonly number[], { luck = 0, noise = 0, name = 'a' } = {}) {
  return new Map(
    seeds.map((seed) => {
      const shared = createRandomStream('luck', seed)() - 0.5;
      const own = createRandomStream(name, seed)() - 0.5;
      return [seed, mean + luck * shared + noise * own] as const;
    }),
  );
}

const range = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

describe('the estimated means', () => {
  test('tell policies apart on common seeds whose luck hides their difference', () => {
    const field = [1, 2, 3].map((mean) => play(mean, range(8), { luck: 1000, noise: 0.2, name: `p${mean}` }));
    const { means, computeDeviation } = estimateMeans(field);
    expect((means[2] ?? 0) - (means[1] ?? 0)).toBeCloseTo(1, 0);
    // The luck of the seeds alone would leave a deviation of about 100.
    expect(computeDeviation(2, 1)).toBeLessThan(60);
  });

  test('compare policies that have never met through one that has met both', () => {
    const luck = 500;
    const low = play(0, range(12), { luck, noise: 1, name: 'low' });
    const high = play(50, range(12, 100), { luck, noise: 1, name: 'high' });
    const both = play(20, [...range(12), ...range(12, 100)], { luck, noise: 1, name: 'both' });
    const { means } = estimateMeans([low, high, both]);
    expect((means[1] ?? 0) - (means[0] ?? 0)).toBeGreaterThan(35);
    expect((means[1] ?? 0) - (means[0] ?? 0)).toBeLessThan(65);
  });

  test('are shrunken to that of the field, the fewer episodes the more', () => {
    const others = range(6).map((index) => play(index, range(16), { noise: 60, name: `o${index}` }));
    const shrink = (count: number) => {
      const lucky = new Map(range(count).map((seed) => [seed, 40 + 30 * (seed % 2)] as const));
      const { means } = estimateMeans([...others, lucky]);
      return 55 - (means[6] ?? 0);
    };
    expect(shrink(4)).toBeGreaterThan(shrink(64));
    expect(shrink(64)).toBeGreaterThan(0);
  });

  test.each([
    ['nothing varies', [5, 5, 5]],
    ['all returns are nought', [0, 0, 0]],
    ['returns are huge and hardly differ', [1e12, 1e12 + 1, 1e12 + 2]],
  ])('are finite and in order where %s', (_, levels) => {
    const field = levels.map((level) => new Map(range(5).map((seed) => [seed, level] as const)));
    const { means, computeDeviation } = estimateMeans(field);
    expect(means.every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(computeDeviation(0, 2))).toBe(true);
    expect(means[2]).toBeGreaterThanOrEqual(means[0] ?? Infinity);
  });

  test('of one policy is its own mean', () => {
    expect(estimateMeans([play(7, range(3))]).means[0]).toBeCloseTo(7, 6);
  });
});
