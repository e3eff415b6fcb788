/** Foreign text is set off, whatever it holds. */
import { fence, fenceWhole, quote, quoteInLine } from '../../../packages/authors/src/quoted';
import { readAnswer } from '../../../packages/authors/src/answer';

const CONTEXT = {
  fallback: 'a model 1',
  taken: new Set<string>(),
  findText: () => undefined,
  best: null,
  draft: null,
  allowsEdits: true,
};

test('a fence is longer than any in the text, however many there are', () => {
  expect(fenceWhole('x = "````"\n')).toBe('`````python\nx = "````"\n`````');
  expect(fence(`${'` '.repeat(200_000)}\n`).slice(0, 11)).toBe('```python\n`');
  // Hidden characters that are taken out join what stood around them.
  expect(fence('# ``\u200b``').split('\n').at(-1)).toBe('`````');
});

test('a text that is cut, or came with half a character, is well-formed', () => {
  expect(quoteInLine('ab😀cd', 3)).toBe('ab\ufffd… (3 more characters)');
  expect(quote('a\ud83d\nb')).toBe('<<<\n| a\ufffd\n| b\n>>>');
});

test('halves of characters in an answer are replaced before anything is made of them', () => {
  const answer = readAnswer(
    `Label: half \ud83d\nIdea: none \udc00.\n\n\`\`\`python\nx = "\ud800"\n\`\`\`\n`,
    CONTEXT,
  );
  expect(answer).toMatchObject({
    kind: 'proposal',
    proposal: { label: 'half \ufffd', idea: 'none \ufffd.', source: 'x = "\ufffd"\n' },
  });
});
