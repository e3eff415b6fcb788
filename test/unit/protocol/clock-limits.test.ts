import {
  BUDGET_KINDS,
  CLOCK_BUDGET_NAMES,
  findClockLimit,
  mapClocks,
  UNLIMITED_BUDGET,
} from '../../../packages/protocol/src';

test.each(CLOCK_BUDGET_NAMES)('the limit of the clock %s is reached and not passed in silence', (name) => {
  const budget = { ...UNLIMITED_BUDGET, [name]: 2 };
  expect(
    findClockLimit(
      budget,
      mapClocks(() => 1.9),
    ),
  ).toBeNull();
  expect(
    findClockLimit(
      budget,
      mapClocks(() => 2),
    ),
  ).toContain(`2 ${BUDGET_KINDS[name].noun}s`);
});

test('of one second a sentence speaks in the singular', () => {
  const clocks = mapClocks(() => 2);
  expect(findClockLimit({ ...UNLIMITED_BUDGET, wallSeconds: 1 }, clocks)).toBe('1 second has passed');
  expect(findClockLimit({ ...UNLIMITED_BUDGET, cpuSeconds: 1 }, clocks)).toBe('1 CPU second is spent');
  expect(findClockLimit({ ...UNLIMITED_BUDGET, cpuSeconds: 0.5 }, clocks)).toBe('0.5 CPU seconds are spent');
});

test('clocks without a limit end nothing', () => {
  expect(
    findClockLimit(
      UNLIMITED_BUDGET,
      mapClocks(() => 1e9),
    ),
  ).toBeNull();
});
