/** A key is taken out of texts however it is written into them. */
import { Secret } from '../../../packages/authors/src/secret';
import { quoteInLine } from '../../../packages/authors/src/quoted';

const KEY = 'canary-key/5f2b9c+=';
const secret = new Secret(KEY);
const join = (between: string): string => Array.from(KEY).join(between);

test.each([
  ['as it is', KEY],
  ['for an address', encodeURIComponent(KEY)],
  ['in base64', Buffer.from(KEY).toString('base64')],
  ['with zero-width spaces', join('\u200b')],
  ['with word joiners and controls', join('\u2060\u0007')],
  ['with soft hyphens', join('\u00ad')],
  ['with variation selectors beyond the first plane', join('\u{e0100}')],
  ['over several lines', join('\n')],
])('a key that is written %s is taken out, and what stands around it stays', (_, written) => {
  expect(secret.redact(`say 😀\n${written}, then\t${written}\u200b.`)).toBe(
    'say 😀\n[key], then\t[key]\u200b.',
  );
});

test('what is taken out of a line does not join a key', () => {
  const written = `${KEY.slice(0, 6)} at 0x1f${KEY.slice(6)}`;
  expect(quoteInLine(secret.redact(written))).not.toContain(KEY);
  expect(quoteInLine('a thing <T object at 0x7f00aa>, and one at 0x12.')).toBe(
    'a thing <T object>, and one.',
  );
});

test('a text of which more comes ends before what may become the key', () => {
  expect(secret.redactBeginning(`it is c\u200banary\u2060`)).toBe('it is ');
  expect(secret.redactBeginning(`${join('\u200b')} and more`)).toBe('[key] and more');
});

test('a placeholder is no key, and keys of objects are taken out as values are', () => {
  for (const value of ['none', '\u200b\u200b\u200b\u200b\u200b\u200b', ''])
    expect(new Secret(value).redact('none of it')).toBe('none of it');
  expect(new Secret('none').redactBeginning('it is no')).toBe('it is no');
  expect(secret.redactJson({ [KEY]: [join('\u200d'), 1, null] })).toEqual({ '[key]': ['[key]', 1, null] });
});
