import { fenced, markdownText, oneLine, plotlyText } from '@policybook/views';

const hostile = '\u001b[31m<img src=x onerror=alert(1)>\u202e $x^2$ | `code`\r\n**bold**';

it('keeps one line without control characters', () => {
  expect(oneLine(hostile)).toBe('<img src=x onerror=alert(1)> $x^2$ | `code` **bold**');
  expect(oneLine('a'.repeat(500), 10)).toBe(`${'a'.repeat(9)}…`);
});

it('leaves Plotly no tag and no formula', () => {
  expect(plotlyText('<a href="x">$y$</a> &lt;b&gt;')).toBe(
    '&lt;a href="x"&gt;&#36;y&#36;&lt;/a&gt; &amp;lt;b&amp;gt;',
  );
});

it('escapes Markdown, tables and formulas included', () => {
  expect(markdownText('a | <b> `c` $d$ [e](f)')).toBe('a \\| &lt;b\\> \\`c\\` \\$d\\$ \\[e\\](f)');
});

it('fences what holds fences', () => {
  expect(fenced('diff', '+```\n+text\n')).toBe('````diff\n+```\n+text\n````');
});
