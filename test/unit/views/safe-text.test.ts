import { fenceCode, escapeMarkdown, toOneLine, escapePlotly } from '@policybook/views';

const hostile = '\u001b[31m<img src=x onerror=alert(1)>\u202e $x^2$ | `code`\r\n**bold**';

it('keeps one line without control characters', () => {
  expect(toOneLine(hostile)).toBe('<img src=x onerror=alert(1)> $x^2$ | `code` **bold**');
  expect(toOneLine('a'.repeat(500), 10)).toBe(`${'a'.repeat(9)}…`);
});

it('escapes tags and formulas for Plotly', () => {
  expect(escapePlotly('<a href="x">$y$</a> &lt;b&gt;')).toBe(
    '&lt;a href="x"&gt;&#36;y&#36;&lt;/a&gt; &amp;lt;b&amp;gt;',
  );
});

it('escapes Markdown, tables and formulas included', () => {
  expect(escapeMarkdown('a | <b> `c` $d$ [e](f)')).toBe('a \\| &lt;b\\> \\`c\\` \\$d\\$ \\[e\\](f)');
});

it('fences a text that holds fences itself', () => {
  expect(fenceCode('diff', '+```\n+text\n')).toBe('````diff\n+```\n+text\n````');
});
