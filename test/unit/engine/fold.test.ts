import { advance, candidateId, fold, runEvent, type RunEvent } from '../../../packages/engine/src/index';
import { toyFacts, toySettings } from './simulation';

const one = candidateId.parse(1);
const two = candidateId.parse(2);
const score = (mean: number) => ({ mean, low: mean - 1, high: mean + 1, deviation: 1, episodes: 8 });

function proposed(candidate: typeof one): RunEvent {
  return {
    type: 'candidate_proposed',
    candidate,
    generation: 0,
    parent: null,
    kind: 'structural',
    label: `idea ${candidate}`,
    idea: '',
    policy: `000${candidate}-abcdef01.py`,
    hash: 'abcdef01',
    treeHash: 'ab',
    tunable: 3,
    size: { lines: 3, branches: 0, nodes: 9, constants: 1 },
    usage: {},
  };
}

const start: RunEvent[] = [
  { type: 'run_declared', format: 2, run: 'first', settings: toySettings(), facts: toyFacts },
  proposed(one),
  proposed(two),
];

function raced(candidate: typeof one, seeds: number[], returns: number[], dropped = false): RunEvent {
  const usage = { episodes: seeds.length };
  return {
    type: 'candidate_raced',
    candidate,
    generation: 0,
    played: { seeds, returns, actions: '' },
    dropped,
    usage,
  };
}

function state(...events: RunEvent[]) {
  const folded = fold([...start, ...events]);
  if (folded === null) throw new Error('declared');
  return folded;
}

test('no events are no state, and others than a declaration cannot come first', () => {
  expect(fold([])).toBeNull();
  expect(() => advance(null, proposed(one))).toThrow('run_declared');
  expect(() => state(raced(candidateId.parse(9), [1], [1]))).toThrow('candidate 9');
});

test('costs of all events add up, and each candidate has its place among them', () => {
  const folded = state(raced(one, [1, 2], [5, 6]), raced(two, [1, 2], [7, 8]));
  expect(folded.usage).toMatchObject({ episodes: 4, steps: 0, money: 0 });
  expect([...folded.candidates.values()].map(({ at }) => at.episodes)).toEqual([2, 4]);
});

test('training returns gather by seed; the extremes are those of all', () => {
  const folded = state(raced(one, [1, 2], [5, 6]), raced(one, [3], [-7], true));
  expect([...(folded.candidates.get(one)?.training ?? [])]).toEqual([
    [1, 5],
    [2, 6],
    [3, -7],
  ]);
  expect(folded.candidates.get(one)?.verdict).toBe('dropped');
  expect(folded.observed).toEqual({ low: -7, high: 6 });
});

test('a comparison scores both sides and decides the challenger only', () => {
  const folded = state(
    { type: 'champion_promoted', candidate: one, previous: null, kind: 'structural', score: score(1) },
    {
      type: 'challenger_compared',
      challenger: two,
      champion: one,
      test: 'gain',
      verdict: 'undecided',
      alpha: 0.05,
      minEffect: 1,
      difference: score(0),
      challengerScore: score(2),
      championScore: score(3),
      bounds: { low: 0, high: 9, assumed: true },
      usage: { episodes: 16 },
    },
  );
  expect(folded.candidates.get(one)).toMatchObject({ verdict: 'first', score: score(3) });
  expect(folded.candidates.get(two)).toMatchObject({ verdict: 'undecided', score: score(2) });
  expect(folded.comparisons).toBe(1);
  expect(folded.championHistory.map(({ candidate }) => candidate)).toEqual([one]);
});

test('a simplification that acts the same is promoted without a comparison', () => {
  const folded = state(
    { type: 'champion_promoted', candidate: one, previous: null, kind: 'structural', score: score(1) },
    { type: 'champion_promoted', candidate: two, previous: one, kind: 'simplification', score: score(1) },
  );
  expect(folded.candidates.get(two)).toMatchObject({ verdict: 'equivalent', score: score(1) });
  expect(folded.championHistory).toHaveLength(2);
});

test('a record of an earlier version, whose simplifier did not say what was unexercised, is read', () => {
  const event: RunEvent = {
    type: 'simplifier_finished',
    candidate: one,
    identicalEdits: ['dropped x, never used'],
    variants: 8,
    usage: { episodes: 100 },
  };
  expect(runEvent.parse(event)).toEqual(event);
  expect(state(event).simplified).toEqual(event);
});

test('findings are listed once; a run that goes on is not stopped any more', () => {
  const answer: RunEvent = {
    type: 'author_answered',
    generation: 4,
    author: 'search',
    proposals: 0,
    findings: ['flat', 'flat', 'windy'],
    exhausted: false,
    call: null,
    usage: {},
  };
  const stop: RunEvent = { type: 'run_stopped', reason: 'interrupted', message: '' };
  expect(state(stop).stopped).toEqual(stop);
  expect(state(stop, answer, answer)).toMatchObject({
    stopped: null,
    generation: 4,
    findings: ['flat', 'windy'],
  });
});

/** Entries that maps are given, copies of maps included, while a run of so many candidates folds. */
function countMapEntries(candidates: number): number {
  const events: RunEvent[] = [start[0] ?? proposed(one)];
  for (let id = 1; id <= candidates; id++) {
    const candidate = candidateId.parse(id);
    events.push(proposed(candidate), ...[0, 1, 2, 3].map((n) => raced(candidate, [n], [id % 100])));
  }
  // Copying a map sets each of its entries too.
  const set = jest.spyOn(Map.prototype, 'set');
  const folded = fold(events);
  const entries = set.mock.calls.length;
  set.mockRestore();
  expect(folded?.candidates.size).toBe(candidates);
  return entries;
}

test('the work of folding a run grows with its length, and not faster', () => {
  // One for each event, and training returns that are copied once a round: 0, 1, 2 and 3, and the new one.
  expect(countMapEntries(100)).toBe(100 * (5 + 10));
  expect(countMapEntries(2000)).toBe(2000 * (5 + 10));
});
