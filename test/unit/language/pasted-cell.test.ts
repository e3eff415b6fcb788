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
])('a pasted cell %j is read as %j', (pasted, read) => {
  expect(readPastedCell(pasted)).toBe(read);
});

test.each(['x = 1', '%%learn cart\n  episodes: 10', '# c\n%%policy p\ndef act(o):\n    ...', ''])(
  'any other cell stays as it is: %j',
  (code) => {
    expect(readPastedCell(code)).toBe(code);
  },
);
