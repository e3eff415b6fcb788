/** Episodes that are compared seed by seed, in an environment that ends some of them by faults. */
import { EpisodeRunner } from '../../../../packages/engine/src/session/episode-runner';
import {
  listPairedPositions,
  playPaired,
  type PairedOptions,
} from '../../../../packages/engine/src/session/paired-episodes';
import { SessionUsage } from '../../../../packages/engine/src/session/session-usage';
import {
  NEXT_SEED,
  stillClock,
  ToyEvaluator,
  toyReturn,
  toySettings,
  toySource,
  type ToyPolicy,
} from '../simulation';

const { environment, policy: limits } = toySettings();
const first: ToyPolicy = { mean: 1, luck: 5 };
const second: ToyPolicy = { mean: 2, luck: 5 };

function playBoth(evaluator: ToyEvaluator, options: Partial<PairedOptions> = {}) {
  const runner = new EpisodeRunner({
    evaluator,
    journal: null,
    environment,
    limits,
    longestEpisode: 10,
    signal: new AbortController().signal,
    usage: new SessionUsage(stillClock),
    onWork: () => undefined,
  });
  return playPaired<number>(
    [first, second].map(
      (policy) => (seeds, steps) => runner.playThrough(toySource(policy), seeds, -9, { steps }),
    ),
    [1, 2, 3, 4],
    { environment, ...options },
  );
}

test('the seed that takes the place of a lost one is played by the other side, too', async () => {
  const evaluator = new ToyEvaluator();
  evaluator.loses = (policy, seed) => (policy.mean === 1 ? seed === 2 : seed === 4);
  const sides = await playBoth(evaluator);
  const seeds = [1, 2 + NEXT_SEED, 3, 4 + NEXT_SEED];
  expect(sides.map((side) => side.seeds)).toEqual([seeds, seeds]);
  expect(sides.map((side) => side.returns)).toEqual(
    [first, second].map((policy) => seeds.map((seed) => toyReturn(policy, seed))),
  );
  // What was set aside is in no budget of episodes; its steps were made.
  expect(sides.map(({ usage }) => usage)).toEqual([
    { episodes: 4, steps: 50, lost: 1 },
    { episodes: 4, steps: 50, lost: 1 },
  ]);
});

test('a replacement that the other side loses is replaced for both', async () => {
  const evaluator = new ToyEvaluator();
  evaluator.loses = (policy, seed) => (policy.mean === 1 ? seed === 2 : seed === 2 + NEXT_SEED);
  const sides = await playBoth(evaluator);
  const seeds = [1, 2 + 2 * NEXT_SEED, 3, 4];
  expect(sides.map((side) => side.seeds)).toEqual([seeds, seeds]);
});

test('sides of which each loses what the other has played stay apart at that seed alone, which is no pair', async () => {
  const evaluator = new ToyEvaluator();
  evaluator.loses = (policy, seed) =>
    seed % NEXT_SEED === 2 && Math.floor(seed / NEXT_SEED) % 2 === policy.mean - 1;
  const sides = await playBoth(evaluator);
  const positions = listPairedPositions(
    sides.map(({ seeds }) => seeds),
    environment,
  );
  expect(positions).toEqual([0, 2, 3]);
  expect(sides.map(({ returns }) => returns.length)).toEqual([4, 4]);
});

test('where seeds do not repeat there are no pairs to keep, and nothing is played again', async () => {
  const evaluator = new ToyEvaluator();
  evaluator.loses = (policy, seed) => policy.mean === 1 && seed === 2;
  const spec = { ...environment, unrepeatable: true as const };
  const sides = await playBoth(evaluator, { environment: spec });
  expect(evaluator.episodes).toBe(8);
  expect(
    listPairedPositions(
      sides.map(({ seeds }) => seeds),
      spec,
    ),
  ).toEqual([0, 1, 2, 3]);
});

test('where the steps do not suffice for a replacement the side ends before it', async () => {
  const evaluator = new ToyEvaluator();
  evaluator.loses = (policy, seed) => policy.mean === 1 && seed === 3;
  const [, other] = await playBoth(evaluator, { steps: 45 });
  expect(other?.seeds).toEqual([1, 2]);
  expect(other?.usage.steps).toBe(40);
});
