import { LossRule } from '../../../../packages/engine/src/session/loss-rule';
import { createRandomStream } from '../../../../packages/engine/src/comparison/random-stream';

/** Plays blocks of 25 until the rule ends it; returns the number of episodes by then, or `null` after `blocks`. */
function findEnd(rate: number, name: number, blocks = 80): number | null {
  const [rule, random] = [new LossRule(), createRandomStream('losses', String(name))];
  for (let block = 1; block <= blocks; block++) {
    const lost = Array.from({ length: 25 }, () => random() < rate).filter(Boolean);
    if (rule.findEnd({ played: 25 - lost.length, lost: lost.length }, 'RuntimeError') !== null)
      return 25 * block;
  }
  return null;
}

const sessions = Array.from({ length: 200 }, (_, name) => name);

test('an environment that loses one episode in twenty ends no session, however long', () => {
  expect(sessions.filter((name) => findEnd(0.05, name) !== null)).toEqual([]);
});

test('one that loses just a tenth ends at most one session in a hundred', () => {
  expect(sessions.filter((name) => findEnd(0.1, name) !== null).length).toBeLessThanOrEqual(2);
});

test('one that loses a third ends each session, after some hundred episodes at most', () => {
  const ends = sessions.map((name) => findEnd(1 / 3, name) ?? Infinity);
  expect(Math.max(...ends)).toBeLessThanOrEqual(300);
});

test('losses of fewer than twenty episodes end nothing, and the end says what was lost', () => {
  const rule = new LossRule();
  expect(rule.findEnd({ played: 9, lost: 10 }, 'RuntimeError')).toBeNull();
  expect(rule.findEnd({ played: 1, lost: 0 }, 'RuntimeError')).toBe(
    '10 of 20 episodes lost: RuntimeError; it is certain to 99 % that more than a tenth is lost, which ends a session',
  );
});
