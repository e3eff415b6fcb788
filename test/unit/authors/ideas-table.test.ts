/** The table of what was tried keeps to its room: the oldest policies without effect are counted. */
import type { RunEvent } from '@policybook/engine';
import { formatIdeas } from '../../../packages/authors/src/ideas-table';
import { buildEvent } from '../../fixtures/run-events';
import { authorRequest, id, proposed, raced, rejected } from './run-request';

const failure = { code: 'raised' as const, message: 'no', line: 3, column: null, seed: 1, step: 0 };
const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
const { state } = authorRequest({
  events: [
    ...numbers.map((number) => proposed(number, { parent: number === 1 ? null : id(1) })),
    raced(1, [10, 20]),
    buildEvent('head_changed', { candidate: id(1) }),
    raced(2, [11, 22]),
    raced(3, [1, 2], true),
    rejected(4, { code: 'failed', failure }),
    rejected(5, { code: 'duplicate', of: id(2), by: 'actions' }),
  ],
});

test('the whole table is shown while it fits', () => {
  const table = formatIdeas(state, state.head, Infinity) ?? '';
  expect(table.split('\n').filter((line) => line.startsWith('| | @'))).toHaveLength(30);
  expect(table).not.toContain('no row');
});

test('where it does not fit, the oldest policies without effect are counted by what came of them', () => {
  const table = formatIdeas(state, state.head, 1500) ?? '';
  const shown = table.split('\n').flatMap((line) => /^\| \| @(\d+) /.exec(line)?.[1] ?? []);
  // The best, the best estimates and the latest stay.
  expect(shown).toEqual(expect.arrayContaining(['1', '2', '3', '30']));
  expect(shown).not.toContain('4');
  expect(table.split('\n').at(-1)).toMatch(
    /^\d+ earlier policies without effect have no row: \d+ not compared, 1 not playable, 1 the same as another\.$/,
  );
});

test('there is no table before the first policy', () => {
  expect(formatIdeas(authorRequest().state, null, Infinity)).toBeNull();
});

test('a text with other marks alone, which too few episodes were left to tune, is said to be that', () => {
  const same = { treeHash: 'tree', tunable: 1 };
  const events = [
    proposed(1, { ...same, marks: 'first' }),
    raced(1, [10, 20]),
    buildEvent('head_changed', { candidate: id(1) }),
    proposed(2, { ...same, marks: 'second' }),
    rejected(2, { code: 'duplicate', of: id(1), by: 'tree' }),
  ];
  const format = (more: RunEvent[], candidate: number) => {
    const { state } = authorRequest({ events: [...events, ...more] });
    const lines = (formatIdeas(state, state.head, Infinity) ?? '').split('\n');
    return lines.find((line) => line.startsWith(`| | @${candidate} `));
  };
  expect(format([], 2)).toContain(
    '| not played: it is @1 with other marks, and too few episodes were left to tune them |',
  );
  // Once they were looked for, or where nothing in the marks differs, it is as any other duplicate.
  expect(format([buildEvent('tuner_finished', { candidate: id(2) })], 2)).toContain('it does what @1 does');
  const again = [
    proposed(3, { ...same, marks: 'second' }),
    rejected(3, { code: 'duplicate', of: id(1), by: 'tree' }),
  ];
  expect(format(again, 3)).toContain('it does what @1 does');
});
