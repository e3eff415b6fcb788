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
    [start],
    [good, { ...good, alias: 1 }],
    [{ ...good, alias: 2 }],
  ]);
  expect(reasons).toEqual([
    [3, 'actions 2'],
    [4, 'actions 2'],
  ]);
  const raced = ofType(journal.events, 'candidate_raced').map(({ candidate }) => Number(candidate));
  expect(new Set(raced)).toEqual(new Set([2]));
  expect([...state.candidates.values()].map(({ duplicateOf: twin }) => twin)).toEqual([null, null, 2, 2]);
});

test('the same tree is found without asking the evaluator', async () => {
  const { reasons, evaluator } = await rejections([[start], [{ ...start }]]);
  expect(reasons).toEqual([[2, 'tree 1']]);
  expect(evaluator.asked).not.toContain('actions.compare');
});

test('what is looked at are observations of the champion, in episodes that it has played', async () => {
  const { journal, evaluator, state } = await rejections([[start], [good], [{ mean: 30, ...noisy }]]);
  const compared = ofType(journal.events, 'actions_compared');
  expect(compared.map(({ reference }) => Number(reference))).toEqual([1, 2]);
  expect(compared.map(({ candidates }) => candidates.map(Number))).toEqual([
    [1, 2],
    [1, 2, 3],
  ]);
  expect(compared.every(({ observations }) => observations >= 160)).toBe(true);
  expect(state.usage.episodes).toBe(evaluator.episodes + 5 * 3);
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
