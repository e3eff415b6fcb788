import { isRunName, parseReference } from '../../../packages/language/src';

test.each([
  ['first', { kind: 'name', name: 'first' }],
  ['first@best', { kind: 'candidate', run: 'first', candidate: 'best' }],
  ['first@7', { kind: 'candidate', run: 'first', candidate: 7 }],
  ['first~1', { kind: 'candidate', run: 'first~1', candidate: 'best' }],
  ['first~2@3', { kind: 'candidate', run: 'first~2', candidate: 3 }],
  ['first/2', { kind: 'candidate', run: 'first/2', candidate: 'best' }],
  ['first/12@7', { kind: 'candidate', run: 'first/12', candidate: 7 }],
  ['first~1/2@best', { kind: 'candidate', run: 'first~1/2', candidate: 'best' }],
  ['a-b.c_1', { kind: 'name', name: 'a-b.c_1' }],
  ['über', { kind: 'name', name: 'über' }],
  // Two spellings of one name are one name, as in Python.
  ['u\u0308ber', { kind: 'name', name: 'über' }],
  ['ﬁrst@7', { kind: 'candidate', run: 'first', candidate: 7 }],
  ['lander.py', { kind: 'path', path: 'lander.py' }],
  ['../a b/x@1.py', { kind: 'path', path: '../a b/x@1.py' }],
  ['./planner', { kind: 'path', path: './planner' }],
  ['../planner/', { kind: 'path', path: '../planner/' }],
  ['/home/ada/planner', { kind: 'path', path: '/home/ada/planner' }],
])('%s', (text, value) => {
  expect(parseReference(text)).toEqual({ ok: true, value });
});

test.each([
  '',
  '@1',
  'first@',
  'first@0',
  'first@x',
  'first@1~1',
  'first~',
  'first~0',
  'a/b',
  'first/0',
  'first/',
  'first/2~1',
  'first/2/3',
  '-a',
  'a b',
  'first@1@2',
])('%j is no reference', (text) => {
  expect(parseReference(text)).toMatchObject({ ok: false, code: 'bad_reference' });
});

test('names of runs', () => {
  expect(
    ['first', 'first~1', 'first/2', 'first~1/2', 'first@1', 'first~x', 'first/x', 'x.py', ''].filter(
      isRunName,
    ),
  ).toEqual(['first', 'first~1', 'first/2', 'first~1/2']);
});
