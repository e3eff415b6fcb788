import { learn } from '../../../../packages/engine/src/index';
import { stillClock, toyFacts, toySettings, type ToyPolicy } from '../simulation';
import { ofType, run, world } from '../toy-run';

const noisy = { luck: 10, noise: 2 };
const start: ToyPolicy = { mean: 0, ...noisy };
const good: ToyPolicy = { mean: 60, ...noisy };

async function rejections(script: readonly (readonly ToyPolicy[])[]) {
  const all = world(script);
  const settings = { returns: [-150, 200] as [number, number], tune: false, simplify: false };
  const state = await run(all, { settings });
  const reasons = ofType(all.journal.events, 'candidate_rejected').map(({ candidate, reason }) => [
    Number(candidate),
    reason.code === 'duplicate' ? `${reason.by} ${reason.of}` : reason.code,
  ]);
  return { ...all, state, reasons };
}

test('a text that acts like an earlier one is found before an episode is spent on it', async () => {
  const { reasons, journal, state } = await rejections([
    [start, { mean: 5, ...noisy }],
    [good, { ...good, alias: 1 }],
    [{ ...good, alias: 2 }],
  ]);
  expect(reasons).toEqual([
    [4, 'actions 3'],
    [5, 'actions 3'],
  ]);
  const raced = ofType(journal.events, 'candidate_raced').map(({ candidate }) => Number(candidate));
  expect(new Set(raced)).toEqual(new Set([1, 2, 3]));
  expect([...state.candidates.values()].map(({ duplicateOf: twin }) => twin)).toEqual([
    null,
    null,
    null,
    3,
    3,
  ]);
});

test('texts that have raced side by side are found to act alike later, and one of them stays', async () => {
  const { reasons, state } = await rejections([
    [start, good, { ...good, alias: 1 }],
    [{ mean: 30, ...noisy }],
  ]);
  expect(reasons).toHaveLength(1);
  const [[rejected, by] = []] = reasons;
  expect(by).toMatch(/^actions [23]$/);
  expect([2, 3]).toContain(rejected);
  expect(Number(state.head)).not.toBe(rejected);
});

test('few episodes do not make a duplicate: what repairs a rare failure acts alike on them', async () => {
  const { reasons } = await rejections([[start], [{ ...start, alias: 1 }]]);
  expect(reasons).toEqual([]);
});

test('the same tree is found without asking the evaluator', async () => {
  const { reasons, evaluator } = await rejections([[start], [{ ...start }]]);
  expect(reasons).toEqual([[2, 'tree 1']]);
  expect(evaluator.asked).not.toContain('actions.compare');
});

test('what is looked at are observations of the head, in episodes that it has played, its worst ones first', async () => {
  const { journal } = await rejections([[start, { mean: 5, ...noisy }], [good], [{ mean: 30, ...noisy }]]);
  const compared = ofType(journal.events, 'actions_compared');
  const heads = ofType(journal.events, 'head_changed').map(({ candidate }) => candidate);
  for (const { reference, observations } of compared) {
    expect(heads).toContain(reference);
    expect(observations).toBeGreaterThanOrEqual(160);
  }
  expect(compared.length).toBeGreaterThan(0);
});

test('texts are not compared on pictures, which would fill the memory', async () => {
  const all = world([[start], [good]]);
  const space = { ...toyFacts.observationSpace, shape: [96, 96, 3] };
  await learn(
    { run: 'first', settings: toySettings(), facts: { ...toyFacts, observationSpace: space } },
    { ...all, clock: stillClock },
    { signal: new AbortController().signal },
  );
  expect(all.evaluator.asked).not.toContain('actions.compare');
});

test('neither a smaller text nor the one whose place it took is a duplicate of the other later', async () => {
  const { state } = await rejections([
    [start, { ...good, excess: 5 }],
    [{ mean: 58, ...noisy }],
    [good],
    [{ mean: 90, ...noisy }],
    [{ mean: 30, ...noisy }],
    [{ mean: 31, ...noisy }],
  ]);
  const smaller = [...state.candidates.values()].find(({ actsAs }) => actsAs !== null);
  const larger = [...state.candidates.values()].find(({ id }) => id === smaller?.actsAs);
  expect([smaller?.duplicateOf, larger?.duplicateOf]).toEqual([null, null]);
  expect(Number(state.head)).toBe(5);
});
