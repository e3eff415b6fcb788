import { formatAblation } from '../../../packages/authors/src/ablation-evidence';

const NOTHING = {
  parts: [],
  constants: [],
  otherParts: 0,
  otherConstants: 0,
  observations: 100,
  movedPart: 0.1,
};

test('a text without parts and constants has no evidence of them', () => {
  expect(formatAblation(NOTHING)).toBeNull();
});

test('of a text that is too large it is said that its parts were not left out, as of parts beyond the most', () => {
  expect(formatAblation({ ...NOTHING, otherParts: null })).toContain(
    'the text is too large for its parts to be left out one by one',
  );
  expect(formatAblation({ ...NOTHING, otherParts: 3 })).toContain('3 more parts were not tried');
});
