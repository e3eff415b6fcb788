/** Valid YAML that a declaration does not take: anchors, aliases, merge keys and tags other than `!py`. */
import { visit, type Document } from 'yaml';
import { nearest, suggestion } from '../nearest';
import type { ProblemFacts, Range } from '../source';
import { aliasMessage } from './syntax-problems';

/** Each with its range in the body's text. */
export function unsupportedProblems(document: Document.Parsed): { range: Range; facts: ProblemFacts }[] {
  const problems: { range: Range; facts: ProblemFacts }[] = [];
  const report = (range: readonly number[] | null | undefined, facts: ProblemFacts): void => {
    problems.push({ range: { start: range?.[0] ?? 0, end: range?.[1] ?? 0 }, facts });
  };
  visit(document, {
    Alias: (_, { range, source }) => {
      report(range, { code: 'not_supported', message: aliasMessage, found: `*${source}` });
    },
    Value: (_, { range, anchor }) => {
      if (anchor !== undefined)
        report(range, { code: 'not_supported', message: aliasMessage, found: `&${anchor}` });
    },
    Scalar: (key, { range, value }) => {
      if (key === 'key' && value === '<<')
        report(range, {
          code: 'not_supported',
          message: 'merge keys are not taken here; write the keys out',
          found: '<<',
        });
    },
  });
  for (const { pos, message } of document.warnings) {
    const tag = /Unresolved tag: (.*)$/.exec(message)?.[1] ?? '';
    // A !py before a mapping or list is reported where the value is read.
    if (tag === '!py') continue;
    const close = nearest(tag, ['!py']);
    report(pos, {
      code: 'not_supported',
      message: `the tag '${tag}' is not taken here${suggestion(close)}`,
      found: tag,
      allowed: ['!py'],
      nearest: close,
    });
  }
  return problems;
}
