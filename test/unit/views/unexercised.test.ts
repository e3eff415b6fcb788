/** The run view names the lines of the head that no episode of the simplifier exercised. */
import type { RunEvent } from '@policybook/engine';
import { buildRunBundle, buildRunPayload } from '../../../packages/views/src';
import { lunarEvents, lunarProgress, stateOf } from '../../fixtures/lunar-run';
import { id } from '../../fixtures/run-events';

function simplifier(change: Partial<Extract<RunEvent, { type: 'simplifier_finished' }>>): RunEvent {
  return {
    type: 'simplifier_finished',
    candidate: id(10),
    identicalEdits: [],
    variants: 0,
    usage: { episodes: 100 },
    ...change,
  };
}

function listRows(...events: RunEvent[]) {
  const { evidence } = buildRunPayload(stateOf([...lunarEvents.slice(0, -1), ...events]), lunarProgress);
  return evidence.filter(({ name }) => name === 'unexercised').map(({ text }) => text);
}

const unexercised = [
  { kind: 'never_reached' as const, first: 12, last: 14 },
  { kind: 'always_true' as const, first: 20, last: 20 },
  { kind: 'no_effect' as const, first: 31, last: 31 },
];

test('what was found of the head stands with its evidence and in its text', () => {
  const said =
    'in 100 episodes lines 12–14 were never reached, the condition on line 20 always held and a part of line 31 made no difference; the text keeps them';
  const events = [...lunarEvents.slice(0, -1), simplifier({ unexercised })];
  expect(listRows(simplifier({ unexercised }))).toEqual([said]);
  const text = buildRunBundle(stateOf(events), { ...lunarProgress, events })['text/plain'];
  expect(text).toContain(`\n  unexercised  ${said}\n`);
  expect(text).toContain('3 parts unexercised in 100 episodes');
});

test('many places are named in part, and a search that its bound ended says that there may be more', () => {
  const many = Array.from({ length: 8 }, (_, index) => ({
    kind: 'always_true' as const,
    first: index + 1,
    last: index + 1,
  }));
  expect(listRows(simplifier({ unexercised: many, isCutShort: true }))).toEqual([
    'in 100 episodes the conditions on lines 1, 2, 3, 4, 5 and 3 more always held; the text keeps them; not everything was tried',
  ]);
});

test('lines of another text, or none, are not spoken of', () => {
  expect(listRows(simplifier({ unexercised: [] }))).toEqual([]);
  expect(listRows(simplifier({}))).toEqual([]);
  expect(listRows(simplifier({ unexercised, candidate: id(6) }))).toEqual([]);
  // Its lines are those of the text that was to take the head's place, and did not.
  expect(listRows(simplifier({ unexercised, identicalEdits: ['dropped x, never used'] }))).toEqual([]);
});
