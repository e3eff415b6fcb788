/**
 * Where in a YAML body the cursor stands. Works on text that is being typed and mostly does not parse: only
 * indentation, `key:` and brackets before the cursor count.
 */
import type { Path } from '../schema/json-schema';

/** Where in a YAML body the cursor stands. */
export interface CursorContext {
  /** Path of the mapping (for a key) or of the value under the cursor. */
  readonly path: Path;
  readonly slot: 'key' | 'value';
  /** What is typed of the word so far. */
  readonly typed: string;
}

interface Frame {
  readonly kind: 'block' | 'map' | 'list';
  /** Of a block frame: columns before its key. */
  readonly indent: number;
  step: string | number | null;
}

/** The context at the end of `text`, the body up to the cursor; `undefined` inside comments and `!py`. */
export function readContext(text: string): CursorContext | undefined {
  const lines = text.split('\n');
  const frames: Frame[] = [];
  let scan: Scan = { quote: '', from: 0, isComment: false };
  let isAtValue = false;
  for (const [index, line] of lines.entries()) {
    let rest = line;
    let offset = 0;
    scan = { quote: scan.quote, from: 0, isComment: false };
    if (!isInFlow(frames) && (line.trim() !== '' || index === lines.length - 1)) {
      const { indent, hasDashes, key, length } = readLine(line);
      while (frames.length > 0 && (frames.at(-1)?.indent ?? 0) >= indent) frames.pop();
      if (hasDashes) frames.push({ kind: 'list', indent: Math.max(0, indent - 1), step: 0 });
      if (key !== undefined) frames.push({ kind: 'block', indent, step: key });
      isAtValue = key !== undefined || hasDashes;
      offset = length;
      rest = line.slice(length);
    }
    scan = scanValue(rest, offset, frames, scan);
  }
  const last = lines.at(-1) ?? '';
  const top = frames.at(-1);
  const isFlow = top !== undefined && top.kind !== 'block' && isInFlow(frames);
  const typed = last.slice(scan.from).trimStart();
  if (scan.isComment || typed.startsWith('!')) return undefined;
  const steps = frames.flatMap(({ step }) => (step === null ? [] : [step]));
  if (isFlow) return { path: steps, slot: top.kind === 'map' && top.step === null ? 'key' : 'value', typed };
  return { path: steps, slot: isAtValue ? 'value' : 'key', typed };
}

interface Scan {
  readonly quote: string;
  /** Column where the current word starts. */
  readonly from: number;
  readonly isComment: boolean;
}

function isInFlow(frames: readonly Frame[]): boolean {
  return frames.some(({ kind, indent }) => kind !== 'block' && indent === FLOW_INDENT);
}

/** Flow frames end with their bracket, never by indentation. */
const FLOW_INDENT = -1;

/** Indentation with `- ` counted in, and the key if the line has one. */
function readLine(line: string): {
  indent: number;
  hasDashes: boolean;
  key: string | undefined;
  length: number;
} {
  const lead = /^ */.exec(line)?.[0].length ?? 0;
  const dashes = /^(?:- +|-$)*/.exec(line.slice(lead))?.[0] ?? '';
  const indent = lead + dashes.length;
  const match = /^(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*:(?=\s|$)/.exec(line.slice(indent));
  const key = match?.[1] ?? match?.[2] ?? match?.[3];
  return { indent, hasDashes: dashes !== '', key, length: indent + (match?.[0].length ?? 0) };
}

/** Follows brackets, quotes, commas and flow keys through one line's value. */
function scanValue(text: string, offset: number, frames: Frame[], before: Scan): Scan {
  let { quote, from } = before;
  if (offset > 0) from = offset;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const top = frames.at(-1);
    if (quote) {
      if (character === quote) quote = '';
      continue;
    }
    const isWordStart = text.slice(from - offset, at).trim() === '';
    if (character === '#' && (at === 0 || /\s/.test(text.charAt(at - 1))))
      return { quote, from, isComment: true };
    if ((character === '"' || character === "'") && isWordStart) quote = character;
    else if ((character === '{' || character === '[') && (isWordStart || isInFlow(frames)))
      frames.push({
        kind: character === '{' ? 'map' : 'list',
        indent: FLOW_INDENT,
        step: character === '{' ? null : 0,
      });
    else if (!top || !isInFlow(frames)) continue;
    else if (character === '}' || character === ']') frames.pop();
    else if (character === ',') top.step = top.kind === 'map' ? null : Number(top.step) + 1;
    else if (character === ':' && top.kind === 'map' && top.step === null)
      top.step = text
        .slice(from - offset, at)
        .trim()
        .replace(/^["']|["']$/g, '');
    else continue;
    if (!quote) from = offset + at + 1;
  }
  return { quote, from, isComment: false };
}
