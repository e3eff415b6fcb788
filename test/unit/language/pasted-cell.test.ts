import { readPastedCell } from '../../../packages/language/src/cell/pasted-cell';

test.each([
  ['   %%learn cart as r1\nepisodes: 10', '%%learn cart as r1\nepisodes: 10'],
  ['   %%learn cart as r1\n   episodes: 10\n', '%%learn cart as r1\nepisodes: 10\n'],
  ['\n\t%%policy p\n\tdef act(o):\n\t    return 0', '\n%%policy p\ndef act(o):\n    return 0'],
  ['    %%policy p\ndef act(o):\n    return 0', '%%policy p\ndef act(o):\n    return 0'],
  ['  %runs', '%runs'],
  ['In [3]: %%learn cart as r1\n   ...: episodes: 10', '%%learn cart as r1\nepisodes: 10'],
  [
    'In [12]: %%policy p\n    ...: def act(o):\n    ...:     return 0\n    ...:',
    '%%policy p\ndef act(o):\n    return 0\n',
  ],
  ['In [1]: %audit p', '%audit p'],
  ['>>> %%learn cart\n... episodes: 10\n...', '%%learn cart\nepisodes: 10\n'],
  ['  >>> %runs\n  >>> %doctor', '%runs\n%doctor'],
])('a pasted cell %j is read as %j', (pasted, read) => {
  expect(readPastedCell(pasted).code).toBe(read);
});

test.each(['x = 1', '%%learn cart\n  episodes: 10', '# c\n%%policy p\ndef act(o):\n    ...', ''])(
  'any other cell stays as it is: %j',
  (code) => {
    expect(readPastedCell(code).code).toBe(code);
  },
);

test.each([
  '   %%learn cart\n   epis|odes: 10',
  'In [3]: %%learn ca|rt\n   ...: episodes: 10',
  'In [3]: %%learn cart\n   ...: episodes: 10|',
  '>>> %%learn cart\n... |episodes: 10',
  '%%learn cart\nepi|sodes: 10',
])('a place in %j is found in what was typed, and back', (marked) => {
  const offset = marked.indexOf('|');
  const pasted = marked.replace('|', '');
  const cell = readPastedCell(pasted);
  const typed = cell.toTyped(offset);
  expect(cell.code.slice(typed)).toBe(pasted.slice(offset).replace(/\n(?: {3}\.\.\.: | {3}|\.\.\. )/g, '\n'));
  expect(cell.toPasted(typed)).toBe(offset);
  // Within a prompt it is the place behind it.
  expect(cell.toTyped(0)).toBe(0);
});
