/** Valid YAML that a declaration does not take: anchors, aliases, merge keys and tags other than `!py`. */
import { visit, type Document, type Scalar } from 'yaml';
import { findNearest, formatSuggestion } from '../nearest';
import type { DiagnosticFacts, Range } from '../source';
import { ALIAS_MESSAGE } from './syntax-diagnostics';

/** Each with its range in `text`, the body's. */
export function diagnoseUnsupportedYaml(
  document: Document.Parsed,
  text: string,
): { range: Range; facts: DiagnosticFacts }[] {
  const diagnostics: { range: Range; facts: DiagnosticFacts }[] = [];
  const report = (range: readonly number[] | null | undefined, facts: DiagnosticFacts): void => {
    diagnostics.push({ range: { start: range?.[0] ?? 0, end: range?.[1] ?? 0 }, facts });
  };
  const checkProperties = ({ range, anchor, tag }: Pick<Scalar, 'range' | 'anchor' | 'tag'>): void => {
    if (anchor !== undefined)
      report(range, { code: 'not_supported', message: ALIAS_MESSAGE, found: `&${anchor}` });
    // A tag that YAML itself has is no warning of the parser's.
    const written = range && isKnownTag(tag) ? findTag(text, range[0]) : null;
    if (written) report(written.range, describeTag(written.tag));
  };
  visit(document, {
    Alias: (_, { range, source }) => {
      report(range, { code: 'not_supported', message: ALIAS_MESSAGE, found: `*${source}` });
    },
    Collection: (_, node) => {
      checkProperties(node);
    },
    Scalar: (key, node) => {
      const { range, value } = node;
      checkProperties(node);
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
    report(pos, describeTag(tag));
  }
  return diagnostics;
}

function describeTag(tag: string): DiagnosticFacts {
  const close = findNearest(tag, ['!py']);
  return {
    code: 'not_supported',
    message: `the tag '${tag}' is not taken here${formatSuggestion(close)}`,
    found: tag,
    allowed: ['!py'],
    nearest: close,
  };
}

/** Whether a node has one of YAML's own tags, such as `!!int`, or the `!` that makes a value a text. */
function isKnownTag(tag: string | undefined): boolean {
  return tag === '!' || (tag?.startsWith('tag:yaml.org,2002:') ?? false);
}

/** The tag that stands before the node at the offset `before`, with its range. */
function findTag(text: string, before: number): { readonly tag: string; readonly range: number[] } | null {
  const tag = /(?<tag>!\S*)\s*(?:&\S+\s*)?$/u.exec(text.slice(0, before))?.groups?.['tag'];
  if (tag === undefined) return null;
  const start = text.lastIndexOf(tag, before - 1);
  return { tag, range: [start, start + tag.length] };
}
