/** What every sequential test must do, whatever it computes. */
import { createRandomStream } from '../../../../packages/engine/src/comparison/random-stream';
import type {
  SequentialTestFactory,
  TestConclusion,
  TestQuestion,
} from '../../../../packages/engine/src/acceptance/sequential-test';

const question: TestQuestion = {
  test: 'gain',
  bounds: { low: 0, high: 100, assumed: false },
  minEffect: 5,
  alpha: 0.05,
  mostPairs: 256,
};

interface Sides {
  readonly challenger: readonly number[];
  readonly champion: readonly number[];
}

/** Returns between the bounds around 50, the challenger's higher by `gain`; both share part of the seed's luck. */
function drawSides(gain: number, trial: number, pairs = question.mostPairs): Sides {
  const next = createRandomStream('sequential test', trial);
  const luck = Array.from({ length: pairs }, () => [next(), next(), next()].map((each) => 16 * (each - 0.5)));
  const side = (own: 1 | 2, shift: number) =>
    luck.map((each) => 50 + shift + (each[0] ?? 0) + (each[own] ?? 0));
  return { challenger: side(1, gain), champion: side(2, 0) };
}

/** Plays in blocks of `block` pairs until the test is settled or all pairs are played. */
function play(kind: SequentialTestFactory, sides: Sides, ask = question, block = 16): TestConclusion {
  const comparison = kind.begin(ask);
  for (let done = 0; done < ask.mostPairs && !comparison.isSettled; done += block)
    comparison.add(sides.challenger.slice(done, done + block), sides.champion.slice(done, done + block));
  return comparison.conclude();
}

/** Declares the tests that each kind of sequential test must pass. */
export function describeSequentialTest(name: string, kind: SequentialTestFactory): void {
  describe(`${name}, as any sequential test`, () => {
    test('finds a clear gain and a clear loss', () => {
      expect(play(kind, drawSides(40, 1)).verdict).toBe('better');
      expect(play(kind, drawSides(-40, 1)).verdict).toBe('worse');
    });

    test('accepts equal policies no more often than declared', () => {
      const trials = Array.from({ length: 300 }, (_, trial) => trial);
      const accepted = trials.filter((trial) => play(kind, drawSides(0, trial)).verdict === 'better');
      expect(accepted.length / trials.length).toBeLessThanOrEqual(question.alpha);
    });

    test('has an interval around the mean that agrees with the verdict', () => {
      for (const gain of [-40, -5, 0, 5, 40]) {
        for (let trial = 0; trial < 10; trial++) {
          const { verdict, difference } = play(kind, drawSides(gain, trial));
          expect(difference.low).toBeLessThanOrEqual(difference.mean);
          expect(difference.high).toBeGreaterThanOrEqual(difference.mean);
          if (verdict === 'better') expect(difference.low).toBeGreaterThan(0);
          if (verdict === 'worse') expect(difference.high).toBeLessThan(0);
          if (verdict === 'equivalent') expect(difference.high).toBeLessThan(question.minEffect);
        }
      }
    });

    test('takes a simplification that costs nothing where a large loss would be borne', () => {
      const ask: TestQuestion = { ...question, test: 'noninferiority', minEffect: 40 };
      expect(play(kind, drawSides(0, 1), ask).verdict).toBe('equivalent');
      expect(play(kind, drawSides(-45, 1), ask).verdict).toBe('worse');
    });

    test('comes to the same conclusion from the same returns, however they were cut into blocks', () => {
      const sides = drawSides(3, 7, 64);
      const ask = { ...question, mostPairs: 64 };
      const whole = kind.begin(ask);
      whole.add(sides.challenger, sides.champion);
      const single = kind.begin(ask);
      sides.challenger.forEach((value, index) => {
        single.add([value], [sides.champion[index] ?? NaN]);
      });
      expect(single.conclude()).toEqual(whole.conclude());
      expect(single.isSettled).toBe(whole.isSettled);
    });

    test('concludes after a single pair, undecided', () => {
      const comparison = kind.begin(question);
      comparison.add([51], [50]);
      expect(comparison.isSettled).toBe(false);
      expect(comparison.conclude()).toMatchObject({
        verdict: 'undecided',
        difference: { mean: 1, episodes: 1 },
      });
    });

    test('refuses returns that have no pair', () => {
      const comparison = kind.begin(question);
      expect(() => {
        comparison.add([1, 2], [1]);
      }).toThrow('the same seeds');
    });

    test('has more within reach the more pairs there are and the larger the gain is', () => {
      const reach = (mostPairs: number, gain: number) =>
        Number(kind.isWithinReach({ ...question, mostPairs }, gain));
      const byPairs = [1, 4, 16, 64, 256].map((pairs) => reach(pairs, 60));
      const byGain = [0, 1, 10, 50, 100].map((gain) => reach(64, gain));
      for (const reached of [byPairs, byGain]) {
        expect(reached).toEqual([...reached].sort((a, b) => a - b));
        expect([reached[0], reached.at(-1)]).toEqual([0, 1]);
      }
    });
  });
}
