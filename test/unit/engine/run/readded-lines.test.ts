import { candidateId } from '../../../../packages/engine/src/index';
import { findReaddedLines } from '../../../../packages/engine/src/run/readded-lines';

const champion = (number: number, source: string) => ({ candidate: candidateId.parse(number), source });
const head = '"""Land."""\nimport math\n\n\ndef act(observation):\n    x, y = observation\n';
const damp = '    turn = 0.5 * spin - angle  # damp\n';
const brake = '    thrust = max(0.0, -vy - 0.3)\n';

const succession = [champion(1, head + damp + brake), champion(4, head + brake), champion(6, head)];

test('lines that were dropped and come back are reported, with who dropped them', () => {
  expect(findReaddedLines(head + damp, succession)).toEqual({
    count: 1,
    droppedBy: 4,
    first: 'turn = 0.5 * spin - angle',
  });
  expect(findReaddedLines(head + brake + damp, succession)).toMatchObject({ count: 2, droppedBy: 6 });
});

test('other numbers make no other line', () => {
  expect(findReaddedLines(head + damp.replace('0.5', '1e-3'), succession)).toMatchObject({ count: 1 });
  expect(findReaddedLines(head + damp.replace('spin', 'sway'), succession)).toBeNull();
});

test('what is still there, and what every program has, does not count', () => {
  expect(findReaddedLines(head + brake, succession.slice(0, 2))).toBeNull();
  const short = champion(7, `${head}    return 1\n`);
  expect(findReaddedLines(`${head}    return 1\n`, [short, champion(8, head)])).toBeNull();
  expect(findReaddedLines(head, [])).toBeNull();
});

test('what came back and stayed is not dropped any more', () => {
  expect(findReaddedLines(head + damp, [...succession, champion(9, head + damp)])).toBeNull();
});
