import { ThrottledOutput } from '../../../../kernel/src/cells/outputs/throttled-output';

beforeEach(() => jest.useFakeTimers({ doNotFake: ['performance'] }));
afterEach(() => jest.useRealTimers());

test('shows the first at once and then only the latest, a quarter of a second apart', () => {
  const shown: number[] = [];
  const latest = new ThrottledOutput<number>(250, (value) => shown.push(value));
  for (let value = 0; value < 100; value += 1) latest.set(value);
  expect(shown).toEqual([0]);
  jest.runAllTimers();
  expect(shown).toEqual([0, 99]);
});

test('a flush shows what is pending, once', () => {
  const shown: string[] = [];
  const latest = new ThrottledOutput<string>(250, (value) => shown.push(value));
  latest.set('first');
  latest.set('last');
  latest.flush();
  latest.flush();
  jest.runAllTimers();
  expect(shown).toEqual(['first', 'last']);
});

test('an error of the timer fails the next call, because nothing else would catch it', () => {
  const latest = new ThrottledOutput<number>(250, (value) => {
    if (value === 1) throw new Error('it cannot be shown');
  });
  latest.set(0);
  latest.set(1);
  expect(() => {
    jest.runAllTimers();
  }).not.toThrow();
  expect(() => {
    latest.flush();
  }).toThrow('it cannot be shown');
  expect(() => {
    latest.flush();
  }).not.toThrow();
});
