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
  ).toContain(`2 ${BUDGET_KINDS[name].plural}`);
});

test('clocks without a limit end nothing', () => {
  expect(
    findClockLimit(
      UNLIMITED_BUDGET,
      mapClocks(() => 1e9),
    ),
  ).toBeNull();
});
