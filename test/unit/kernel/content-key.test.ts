import { computeContentKey } from '../../../kernel/src/subkernels/content-key';

test('equal contents have equal keys, whatever the order of their fields', () => {
  expect(computeContentKey('m', { a: 1, b: [1, { c: null, d: 'x' }] })).toBe(
    computeContentKey('m', { b: [1, { d: 'x', c: null }], a: 1 }),
  );
});

test.each([
  ['m', { a: 2 }],
  ['n', { a: 1 }],
  ['m', { a: '1' }],
  ['m', [1]],
])('%s %j is another request', (method, params) => {
  expect(computeContentKey(method, params)).not.toBe(computeContentKey('m', { a: 1 }));
});
