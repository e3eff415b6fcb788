/** A model's answer, read: a label, an idea, and exactly one Python file. */
import type { Proposal, RunState } from '@policybook/engine';
import { quoteInLine } from './quoted';

/** The proposal in an answer, or why there is none. */
export type AnswerResult =
  | { readonly ok: true; readonly proposal: Proposal }
  | { readonly ok: false; readonly code: 'no_policy'; readonly message: string };

const BLOCK = /^(`{3,})(?:python|py)[^\S\n]*\n([\s\S]*?)\n\1[^\S\n]*$/gm;

/** Reads the proposal in an answer; `taken` are labels of earlier candidates, which a new one must differ from. */
export function readAnswer(text: string, fallback: string, taken: ReadonlySet<string>): AnswerResult {
  const normal = text.replace(/\r\n?/g, '\n');
  const blocks = [...normal.matchAll(BLOCK)];
  const [only] = blocks;
  const source = only?.[2];
  if (blocks.length !== 1 || source === undefined || source.trim() === '')
    return {
      ok: false,
      code: 'no_policy',
      message: `the answer holds ${blocks.length} Python files where exactly one is wanted`,
    };
  const prose = normal.slice(0, only?.index);
  const label = makeUnique(readField(prose, 'Label') ?? fallback, taken);
  const idea = readField(prose, 'Idea') ?? readDocstringLine(source) ?? label;
  return { ok: true, proposal: { label, idea, source: `${source.trimEnd()}\n` } };
}

/** Lists the labels of a run's candidates, which a new one must differ from. */
export function listLabels({ candidates }: RunState): ReadonlySet<string> {
  return new Set(Array.from(candidates.values(), ({ label }) => label));
}

function readField(prose: string, name: string): string | undefined {
  const found = new RegExp(`^[*\\s]*${name}[*\\s]*:[*\\s]*(.+)$`, 'im').exec(prose)?.[1];
  const text = found === undefined ? '' : quoteInLine(found, name === 'Label' ? 60 : 300);
  return text === '' ? undefined : text;
}

function readDocstringLine(source: string): string | undefined {
  const found = /^\s*(?:"""|''')\s*([^\n]+?)\s*(?:"""|'''|$)/m.exec(source)?.[1];
  return found === undefined ? undefined : quoteInLine(found, 300);
}

/** A label that no earlier candidate has: with a number behind it where it is taken. */
export function makeUnique(label: string, taken: ReadonlySet<string>): string {
  if (!taken.has(label)) return label;
  for (let number = 2; ; number++) if (!taken.has(`${label} ${number}`)) return `${label} ${number}`;
}
