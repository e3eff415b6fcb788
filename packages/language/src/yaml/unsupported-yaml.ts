/** Valid YAML that a declaration does not take: anchors, aliases, merge keys and tags other than `!py`. */
import { visit, type Document } from 'yaml';
import { findNearest, formatSuggestion } from '../nearest';
import type { DiagnosticFacts, Range } from '../source';
import { ALIAS_MESSAGE } from './syntax-diagnostics';

/** Each with its range in the body's text. */
export function diagnoseUnsupportedYaml(
  document: Document.Parsed,
): { range: Range; facts: DiagnosticFacts }[] {
  const diagnostics: { range: Range; facts: DiagnosticFacts }[] = [];
  const report = (range: readonly number[] | null | undefined, facts: DiagnosticFacts): void => {
    diagnostics.push({ range: { start: range?.[0] ?? 0, end: range?.[1] ?? 0 }, facts });
  };
  visit(document, {
    Alias: (_, { range, source }) => {
      report(range, { code: 'not_supported', message: ALIAS_MESSAGE, found: `*${source}` });
    },
    Value: (_, { range, anchor }) => {
      if (anchor !== undefined)
        report(range, { code: 'not_supported', message: ALIAS_MESSAGE, found: `&${anchor}` });
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
    const close = findNearest(tag, ['!py']);
    report(pos, {
      code: 'not_supported',
      message: `the tag '${tag}' is not taken here${formatSuggestion(close)}`,
      found: tag,
      allowed: ['!py'],
      nearest: close,
    });
  }
  return diagnostics;
}
