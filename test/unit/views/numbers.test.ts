import { formatAmount, formatDuration, formatReturn, formatScore, formatVerdict } from '@policybook/views';

test('a number that is very long is written with an exponent, in scores, single returns and decimals alike', () => {
  expect(formatReturn(1e300)).toBe('1e+300');
  expect(formatReturn(-123_456_789_012)).toBe('-1.2346e+11');
  expect(formatReturn(999_999_999)).toBe('1e+9');
  expect(formatReturn(12_345_678)).toBe('12346000');
  expect(formatScore({ mean: 1e20, low: -1.5e300, high: 2e300, episodes: 4 })).toBe(
    '1e+20 [-1.5e+300, 2e+300] over 4 episodes',
  );
});

describe('formatScore', () => {
  it.each([
    [{ mean: 271.3, low: 262, high: 279.5, episodes: 128 }, '271.3 [262.0, 279.5] over 128 episodes'],
    [{ mean: -598, low: -720.4, high: -480.2, episodes: 1 }, '-598 [-720, -480] over 1 episode'],
    [{ mean: 500, low: 500, high: 500, episodes: 100 }, '500.0 [500.0, 500.0] over 100 episodes'],
    [
      { mean: 0.7812, low: 0.761, high: 0.801, episodes: 2000 },
      '0.7812 [0.7610, 0.8010] over 2,000 episodes',
    ],
    [{ mean: 0, low: 0, high: 0, episodes: 10 }, '0.0 [0.0, 0.0] over 10 episodes'],
  ])('%j', (score, words) => {
    expect(formatScore(score)).toBe(words);
  });
});

describe('formatVerdict', () => {
  const difference = { mean: 24.1, low: 8, high: 40.2, episodes: 75 };
  it('signs the difference', () => {
    expect(formatVerdict('better', difference)).toBe('better, +24.1 [8.0, 40.2] over 75 pairs');
  });
  it('keeps a negative sign once', () => {
    const loss = { mean: -24.1, low: -40.2, high: -8, episodes: 75 };
    expect(formatVerdict('worse', loss)).toBe('worse, -24.1 [-40.2, -8.0] over 75 pairs');
  });
  it('never calls an undecided comparison worse', () => {
    const words = formatVerdict('undecided', { mean: -3, low: -15, high: 9, episodes: 75 });
    expect(words).toBe('undecided, -3.0 [-15.0, 9.0] over 75 pairs');
  });
});

describe('amounts and durations', () => {
  it.each([
    [1534, '', '1,534'],
    [42.4, 's', '42 s'],
    [200, 's', '3 min 20 s'],
    [3600, 's', '1 h'],
    [7500, 's', '2 h 5 min'],
    [0.123, '$', '$0.12'],
  ])('%p %p', (amount, unit, words) => {
    expect(formatAmount(amount, unit)).toBe(words);
  });
  it('rounds before it chooses the unit', () => {
    expect(formatDuration(59.7)).toBe('1 min');
  });
  it('shows returns without trailing zeros', () => {
    expect([formatReturn(-110), formatReturn(0.7800001)]).toEqual(['-110', '0.78']);
  });
});
