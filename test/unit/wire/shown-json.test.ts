import {
  Composer,
  createCommId,
  createSessionId,
  createSigner,
  splitFrames,
  writeShownJson,
} from '../../../packages/wire/src';

test('a lone surrogate is written out, and everything else stays as it was', () => {
  const text =
    'high \ud800, low \udc01, a pair \ud83d\ude00, a written one \\ud800, \\\ud800, "quotes"\n\u0000';
  const shown: unknown = JSON.parse(writeShownJson({ text, '\udfff': [text] }));
  const expected =
    'high \\ud800, low \\udc01, a pair \ud83d\ude00, a written one \\ud800, \\\\ud800, "quotes"\n\u0000';
  expect(shown).toEqual({ text: expected, '\\udfff': [expected] });
  expect(JSON.stringify(shown)).not.toMatch(/[^\\]\\ud/);
});

test('what people are shown holds no lone surrogate, and what programs exchange is not touched', () => {
  const composer = new Composer(createSigner('key'), createSessionId(), 'kernel');
  const evalue = "found '\ud800'";
  const read = ({ frames }: { frames: Buffer[] }): string => String(splitFrames(frames)?.content);
  expect(read(composer.compose('error', { ename: 'E', evalue, traceback: [evalue] }))).toContain(
    "found '\\\\ud800'",
  );
  expect(read(composer.composeFailure('execute_request', { ename: 'E', evalue, traceback: [] }))).toContain(
    "found '\\\\ud800'",
  );
  expect(
    read(
      composer.compose('comm_open', { comm_id: createCommId(), target_name: 'b', data: { text: evalue } }),
    ),
  ).toContain("found '\\ud800'");
});
