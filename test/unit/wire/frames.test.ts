import { joinFrames, splitFrames } from '../../../packages/wire/src';

const frames = ['id', '<IDS|MSG>', 'sig', '{"h":1}', '{}', '{}', '{"c":1}', 'raw'].map((text) =>
  Buffer.from(text),
);

test('the parts of a message are named and put together again byte for byte', () => {
  const message = splitFrames(frames);
  expect(message?.identities.map(String)).toEqual(['id']);
  expect(String(message?.content)).toBe('{"c":1}');
  expect(message?.buffers.map(String)).toEqual(['raw']);
  expect(message && joinFrames(message)).toEqual(frames);
});

test.each([[[]], [['<IDS|MSG>']], [['a', 'b']], [['<IDS|MSG>', 's', 'h', 'p', 'm']]])(
  'what is no message is distinguished from one: %j',
  (texts) => {
    expect(splitFrames(texts.map((text) => Buffer.from(text)))).toBeUndefined();
  },
);
