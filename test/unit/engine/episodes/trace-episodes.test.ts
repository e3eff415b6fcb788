import {
  findTellingSeeds,
  listCoordinates,
  traceEpisode,
  type CandidateEpisode,
  type KeptTrace,
  type TraceCache,
} from '@policybook/engine';
import type { EnvironmentSpec, MethodParams, MethodResult, TracedStep } from '@policybook/protocol';
import { cutTrace } from '../../../../packages/engine/src/episodes/kept-trace';
import { toySettings } from '../simulation';

const { environment, policy: limits } = toySettings();

/** A step in which line 2 ran, line 3 twice in even steps, and the policy had a variable. */
const traced = (number: number): TracedStep => ({
  lines: number % 2 === 0 ? [[2, 1], [3, 2]] : [[2, 1]], // prettier-ignore
  variables: { push: String(number) },
  observation: [number],
  action: 1,
  reward: 1,
  png: 'picture',
});

const trace = (length: number): MethodResult<'trace'> => ({
  return: length,
  terminated: true,
  truncated: false,
  actionHash: '0123456789abcdef',
  trajectoryHashes: { every: 1, hashes: '' },
  steps: Array.from({ length }, (_, number) => traced(number)),
  filmstrip: null,
  failure: null,
});

it('keeps every step of a short episode, without pictures', () => {
  const { steps, length, lines } = cutTrace(7, trace(3));
  expect(steps.map(({ step, variables }) => [step, variables['push']])).toEqual([
    [1, '0'],
    [2, '1'],
    [3, '2'],
  ]);
  expect(steps[0]).not.toHaveProperty('png');
  expect({ length, lines }).toEqual({ length: 3, lines: [[2, 3], [3, 2]] }); // prettier-ignore
});

it('keeps evenly spread steps of a long one, its ends among them, and counts lines over all', () => {
  const { steps, length, lines } = cutTrace(7, trace(5000));
  expect(steps).toHaveLength(200);
  expect([steps[0]?.step, steps.at(-1)?.step, length]).toEqual([1, 5000, 5000]);
  const gaps = steps.slice(1).map(({ step }, index) => step - (steps[index]?.step ?? 0));
  expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
  expect(lines).toEqual([[2, 5000], [3, 2500]]); // prettier-ignore
});

it('keeps the return up to each step, and the extremes of all coordinates over the whole episode', () => {
  const { steps, extremes } = cutTrace(7, trace(5000));
  expect(steps.slice(0, 2).map(({ step, returned }) => [step, returned])).toEqual([
    [1, 1],
    [26, 26],
  ]);
  expect(extremes).toEqual({ '0': [0, 4999] });
});

it('lists the numbers of an observation by their paths', () => {
  expect(listCoordinates({ door: [0.5, [1]], key: true, text: 'open', none: null })).toEqual([
    ['door/0', 0.5],
    ['door/1/0', 1],
    ['key', 1],
  ]);
  expect(listCoordinates(3)).toEqual([['', 3]]);
});

it('finds the seeds of the median and the worst return', () => {
  const episode = (seed: number, value: number): CandidateEpisode => ({
    ...{ seed, return: value, isFresh: true, kept: null },
  });
  const returns = [episode(5, 3), episode(2, -8), episode(9, 3), episode(1, 40), episode(4, -8)];
  expect(findTellingSeeds(returns)).toEqual({ worst: 2, median: 5 });
  expect(findTellingSeeds(returns.slice(0, 1))).toEqual({ worst: 5, median: 5 });
  expect(findTellingSeeds([])).toBeNull();
});

describe('a trace', () => {
  const kept = new Map<string, KeptTrace>();
  const cache: TraceCache = {
    find: (key) => Promise.resolve(kept.get(key) ?? null),
    keep: (key, value) => {
      kept.set(key, value);
      return Promise.resolve();
    },
  };
  const asked: MethodParams<'trace'>[] = [];
  const evaluator = {
    request: (_: string, params: unknown) => {
      asked.push(params as MethodParams<'trace'>);
      return Promise.resolve({ ok: true as const, value: trace(asked.length) as never });
    },
  };
  const { signal } = new AbortController();
  const lookUp = (source: string, seed: number, world: EnvironmentSpec = environment) =>
    traceEpisode({ evaluator, cache, signal }, { environment: world, source, limits }, seed);

  beforeEach(() => {
    kept.clear();
    asked.length = 0;
  });

  it('is played once for a text, an environment and a seed, whatever the ends of lines', async () => {
    const first = await lookUp('a\nb', 1);
    expect(await lookUp('a\r\nb', 1)).toEqual(first);
    expect(asked).toHaveLength(1);
    await lookUp('a\nc', 1);
    await lookUp('a\nb', 2);
    await lookUp('a\nb', 1, { ...environment, maxEpisodeSteps: 5 });
    expect(asked.map(({ source, seed, pictures }) => [source, seed, pictures])).toEqual([
      ['a\nb', 1, 0],
      ['a\nc', 1, 0],
      ['a\nb', 2, 0],
      ['a\nb', 1, 0],
    ]);
  });

  it('is not kept where the environment does not repeat', async () => {
    const other: EnvironmentSpec = { ...environment, unrepeatable: true };
    await lookUp('a', 1, other);
    await lookUp('a', 1, other);
    expect([asked.length, kept.size]).toEqual([2, 0]);
  });

  it('that the evaluator cannot make is a failure, and nothing is kept', async () => {
    const failure = { ok: false as const, code: 'worker_died', message: 'it ended', detail: null };
    const ports = { evaluator: { request: () => Promise.resolve(failure) }, cache, signal };
    expect(await traceEpisode(ports, { environment, source: 'a', limits }, 1)).toEqual(failure);
    expect(kept.size).toBe(0);
  });
});
