import type { TracedStep } from '@policybook/protocol';
import { buildReplayBundle, type Replay } from '@policybook/views';

const source = 'def act(observation):\n    if observation[0] > 0:\n        return 1\n    return 0\n';

function step(x: number): TracedStep {
  const last = x > 0 ? 3 : 4;
  return {
    lines: [
      [2, 1],
      [last, 1],
    ],
    variables: { observation: `array([${x}])`, x: String(x), push: '<img src=x>' },
    observation: [x],
    action: x > 0 ? 1 : 0,
    reward: 1,
    png: null,
  };
}

function replay(changes: Partial<Replay> = {}): Replay {
  return {
    reference: 'first@2',
    source,
    seed: 7,
    isByHand: false,
    changedCode: null,
    unrepeatable: undefined,
    episode: {
      return: 3,
      terminated: true,
      truncated: false,
      actionHash: '0123456789abcdef',
      trajectoryHashes: { every: 1, hashes: 'aaabbbccc' },
      steps: [step(1), step(-1), step(2)],
      filmstrip: null,
      failure: null,
    },
    recorded: { seed: 7, return: 3, actions: '01234567' },
    followed: { seed: 7, steps: 3, trajectoryHashes: { every: 2, hashes: 'bbbccc' } },
    observation: ['x'],
    ...changes,
  };
}

function shown(mime: string, changes: Partial<Replay> = {}): string {
  const text = buildReplayBundle(replay(changes))[mime];
  if (typeof text !== 'string') throw new Error(`no ${mime}`);
  return text;
}

const text = (changes: Partial<Replay> = {}): string => shown('text/plain', changes);

it('shows which line chose which action, and how often each line ran', () => {
  expect(text()).toContain('first@2 on seed 7: return 3 in 3 steps, ended by the environment');
  expect(text()).toMatch(/^3 +2 \(67 %\) +1 × 2 +return 1$/m);
  expect(text()).toMatch(/^4 +1 \(33 %\) +0 × 1 +return 0$/m);
  expect(text()).toContain('3 │     if observation[0] > 0:\n2 │         return 1\n1 │     return 0');
});

it('compares the episode with the recorded one', () => {
  expect(text()).toContain('It is the recorded episode again: same return, same actions.');
  expect(text({ recorded: null })).toContain('did not record');
  expect(text({ recorded: null, followed: null, isByHand: true })).toContain(
    'A policy by hand has no run that could have recorded this episode.',
  );
  const other = { seed: 7, return: 4, actions: '01234567' };
  expect(text({ recorded: other })).toContain(
    'the record does not tell at which step. The run recorded a return of 4, this is 3; the actions are the same',
  );
  expect(text({ recorded: { ...other, actions: '76543210' } })).toContain('the actions are others');
});

it('names and shows the steps where it departs from the record', () => {
  const recorded = { seed: 7, return: 4, actions: '76543210' };
  const followed = (steps: number, every: number, hashes: string) => ({
    recorded,
    followed: { seed: 7, steps, trajectoryHashes: { every, hashes } },
  });
  const second = text(followed(3, 1, 'aaadddddd'));
  expect(second).toContain('up to step 1 it is the same, and step 2 differs in its action or reward');
  expect(second).toMatch(/Here it leaves the record:\n.*\n(.*\n)?2 +0 +1 /);
  expect(text(followed(3, 2, 'dddddd'))).toContain(
    'recorded episode: one of steps 1 to 2 is the first that differs in its action or reward (the record tells steps apart by 2)',
  );
  expect(text(followed(2, 1, 'aaabbb'))).toContain('up to step 2 it is the same, and it goes on');
  expect(text(followed(9, 1, 'aaabbbccc'.repeat(3)))).toContain(
    'up to step 3 it is the same, and it ends where the recorded one went on to step 9',
  );
});

it("shows the policy's variables without repeating the observation", () => {
  const [first] = text().match(/^1 +1 +1 .*$/m) ?? [];
  expect(first).toMatch(/x 1 +push <img src=x>$/);
});

it('escapes the text of a policy', () => {
  const markdown = shown('text/markdown', { reference: '<b>' });
  expect(markdown).not.toContain('<img');
  expect(markdown).not.toContain('<b>');
});

it('shows observations that are dicts whole, and bounds long ones', () => {
  const observation = {
    stones: [0, 1, 0, 0.123456, 1, 0],
    legal: [
      [1, 0, 1],
      [0, 1, 1],
    ],
    place: { row: 2, column: 3 },
  };
  const steps = [{ ...step(1), observation, action: { gear: 1, gas: [0.5] } }];
  const seen = text({ observation: null, episode: { ...replay().episode, steps } });
  expect(seen).toContain(
    '{stones: [0, 1, 0, 0.123, 1, 0], legal: [[1, 0, 1], [0, 1, 1]], place: {row: 2, column: 3}}',
  );
  expect(seen).toContain('{gear: 1, gas: [0.5]}');
  const wide = Object.fromEntries(
    Array.from({ length: 8 }, (_, key) => [`part${key}`, Array.from({ length: 50 }, (_, each) => each)]),
  );
  const long = { ...step(1), observation: wide };
  const bounded = text({ observation: null, episode: { ...replay().episode, steps: [long] } });
  expect(bounded).toContain('part0: [0, 1, 2, 3, 4, 5, 6, 7, …]');
  expect(Math.max(...bounded.split('\n').map((line) => line.length))).toBeLessThan(480);
});
