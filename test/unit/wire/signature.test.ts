import { createHmac } from 'node:crypto';
import { createSigner, ReplayGuard, splitFrames, type RawMessage } from '../../../packages/wire/src';

const parts = ['{"msg_id":"1"}', '{}', '{}', '{"a":1}'];

function message(signature: string): RawMessage {
  const found = splitFrames(['<IDS|MSG>', signature, ...parts].map((text) => Buffer.from(text)));
  if (!found) throw new Error('no message');
  return found;
}

const right = createHmac('sha256', 'key').update(parts.join('')).digest('hex');

test('only the right signature is accepted', () => {
  const signer = createSigner('key');
  expect(signer.verify(message(right))).toBe(true);
  expect(String(signer.sign(message('')))).toBe(right);
  for (const wrong of ['', right.slice(1), right.replace(/.$/, 'x'), right.toUpperCase()]) {
    expect(signer.verify(message(wrong))).toBe(false);
  }
  expect(createSigner('other').verify(message(right))).toBe(false);
});

test('without a key nothing is signed and everything accepted', () => {
  expect(String(createSigner('').sign(message('')))).toBe('');
  expect(createSigner('').verify(message(right))).toBe(true);
});

test('the scheme of the connection file is used', () => {
  const expected = createHmac('sha512', 'key').update(parts.join('')).digest('hex');
  expect(String(createSigner('key', 'hmac-sha512').sign(message('')))).toBe(expected);
});

test('a signature is admitted once, as long as it is remembered', () => {
  const guard = new ReplayGuard(2);
  const admit = (text: string): boolean => guard.admit(Buffer.from(text));
  expect([admit('a'), admit('a'), admit('b'), admit('c'), admit('b')]).toEqual([
    true,
    false,
    true,
    true,
    false,
  ]);
  expect(admit('a')).toBe(true);
  expect([admit(''), admit('')]).toEqual([true, true]);
});
