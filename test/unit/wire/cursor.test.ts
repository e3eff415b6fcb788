import { codePointsToUtf16, utf16ToCodePoints } from '../../../packages/wire/src';

test.each([
  ['abc', 2, 2],
  ['🎈b', 1, 2],
  ['a🎈🎈b', 3, 5],
  ['é', 1, 1],
  ['abc', 9, 3],
  ['', 0, 0],
])('%j: code point %d is unit %d', (text, points, units) => {
  expect(codePointsToUtf16(text, points)).toBe(units);
  expect(utf16ToCodePoints(text, units)).toBe(Math.min(points, Array.from(text).length));
});
