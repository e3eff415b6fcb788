/** An episode as a table in a prompt: what matters in a row is not cut for the sake of digits. */
import type { KeptTrace } from '@policybook/engine';
import { formatSummary } from '../../../packages/authors/src/episode-evidence';
import { formatTimeline } from '../../../packages/authors/src/timeline';
import { buildCandidateEpisode } from '../../fixtures/candidate-episodes';

const trace = (step: Partial<KeptTrace['steps'][number]>): KeptTrace => ({
  seed: 1,
  return: -0.5,
  terminated: false,
  truncated: true,
  length: 2,
  lines: [],
  extremes: {},
  failure: null,
  steps: [1, 2].map((number) => ({
    step: number,
    lines: [],
    variables: {},
    observation: [0.123456789],
    action: 0,
    reward: -0.25,
    returned: -0.25 * number,
    ...step,
  })),
});

const cells = (row: string): string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

test('parts of a Dict action are all there, by their names and with few digits', () => {
  const action = { heat: [0.5280887753096], vent: [1.25e-17] };
  const [, , row = ''] = formatTimeline(trace({ action }), (path) => path).split('\n');
  expect(cells(row)).toContain('heat 0.528, vent 1.25e-17');
});

test('numbers within a variable are shortened before the cell is cut', () => {
  const [first, second] = [trace({}), trace({})];
  const steps = [first.steps[0], second.steps[1]].flatMap((step, index) =>
    step === undefined
      ? []
      : [{ ...step, variables: { 'self.last': `(${index}.997207722586936, 0.0512345678)` } }],
  );
  const table = formatTimeline({ ...first, steps }, (path) => path).split('\n');
  expect(table.map((row) => cells(row).at(-1))).toEqual([
    'self.last',
    '---',
    '(0.9972, 0.05123)',
    '(1.997, 0.05123)',
  ]);
});

test('episodes that are all the same are said to be', () => {
  const same = [1, 2, 3, 4].map((seed) => buildCandidateEpisode({ seed, value: 442 }));
  const other = [...same.slice(1), buildCandidateEpisode({ seed: 5, value: 441 })];
  expect(formatSummary(same, null)[0]).toContain(
    'all are the same, so that the environment may ignore its seed',
  );
  expect(formatSummary(other, null)[0]).not.toContain('the same');
  expect(formatSummary(same.slice(1), null)[0]).not.toContain('the same');
});
