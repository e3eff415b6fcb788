/** What two episodes of one seed say of the environment, and what they do not. */
import type { MethodResult, TracedStep } from '@policybook/protocol';
import { findUnrepeated } from '../../../../kernel/src/cells/declarations/repeatability';

const step = (observation: number, action: number, reward: number): TracedStep => ({
  lines: [],
  variables: {},
  observation,
  action,
  reward,
  png: null,
});
const episode = (
  steps: readonly TracedStep[],
  failure: MethodResult<'trace'>['failure'] = null,
): Parameters<typeof findUnrepeated>[1] => ({ steps: [...steps], failure });

const [first, second, third] = [step(0, 1, 1), step(1, 1, 2), step(2, 0, 3)];
const slow = {
  code: 'step_timeout' as const,
  message: 'act took 120 ms',
  line: 1,
  column: null,
  seed: 7,
  step: 1,
};

test('an episode that is the same again says nothing', () => {
  expect(findUnrepeated(7, episode([first, second]), episode([first, second]))).toBeNull();
});

test('the first thing that differs after the same actions is named', () => {
  expect(findUnrepeated(7, episode([first, second]), episode([first, step(1, 1, 5)]))).toBe(
    'step 2 of seed 7 gave 2 and then 5 for the same actions',
  );
  expect(findUnrepeated(7, episode([first, second]), episode([first, step(4, 1, 2)]))).toBe(
    'the observation before step 2 of seed 7 was another after the same actions',
  );
});

test('an episode that ends earlier or goes on longer is another one', () => {
  expect(findUnrepeated(7, episode([first, second, third]), episode([first, second]))).toBe(
    'the episode of seed 7 ended after step 3 and then after step 2 for the same actions',
  );
  expect(findUnrepeated(7, episode([first, second]), episode([first, second, third]))).toBe(
    'the episode of seed 7 ended after step 2 and then after step 3 for the same actions',
  );
});

test('a policy that acts otherwise, or fails at its time limit, is no fault of the environment', () => {
  expect(findUnrepeated(7, episode([first, second]), episode([first, step(1, 0, 9)]))).toBeNull();
  expect(findUnrepeated(7, episode([first, second, third]), episode([first], slow))).toBeNull();
});
