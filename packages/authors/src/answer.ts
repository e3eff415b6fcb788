/** A model's answer, read: a label, an idea, and one Python file, edits of an earlier one, or the wish to read others. */
import {
  candidateId,
  findHead,
  type AuthorRequest,
  type CandidateId,
  type Proposal,
  type RunState,
} from '@policybook/engine';
import { applyEdits, readEdits, type Edit } from './edits';
import { quoteInLine } from './quoted';

/** What an answer says, and what its author wants to remember. */
export type AnswerResult = AnswerContent & { readonly notes: readonly string[] };

/** What an answer comes to: a proposal, candidates whose texts it asks for, or why it is neither. */
type AnswerContent =
  | { readonly kind: 'proposal'; readonly proposal: Proposal }
  | { readonly kind: 'reading'; readonly candidates: readonly CandidateId[] }
  | { readonly kind: 'no_policy'; readonly message: string };

/** What an answer is read with. */
export interface AnswerContext {
  /** The label of an answer that has none. */
  readonly fallback: string;
  /** Labels of earlier candidates, which a new one must differ from. */
  readonly taken: ReadonlySet<string>;
  /** Finds the text of a candidate; `undefined` where there is none of that number. */
  readonly findText: (candidate: CandidateId) => string | undefined;
  /** The candidate that edits change where the answer names no parent; `null` for none. */
  readonly best: CandidateId | null;
  /** What an earlier answer of the conversation came to, which edits change where they name no parent; `null` for none. */
  readonly draft: Proposal | null;
  /** Whether an answer may be edits. */
  readonly allowsEdits: boolean;
}

/** Makes what an answer to this request is read with; `name` is of who answers. */
export function createAnswerContext(
  { state, source, generation }: AuthorRequest,
  { name, allowsEdits }: { readonly name: string; readonly allowsEdits: boolean },
  draft: Proposal | null,
): AnswerContext {
  return {
    fallback: `${name} ${generation + 1}`,
    taken: listLabels(state),
    findText: (candidate) => (state.candidates.has(candidate) ? source(candidate) : undefined),
    best: findHead(state)?.id ?? null,
    draft,
    allowsEdits,
  };
}

const BLOCK = /^(`{3,})(?:python|py)[^\S\n]*\n(?:([\s\S]*?)\n)??\1[^\S\n]*$/gm;
/** A line that opens a Python file, and how many of them an answer may hold. */
const FENCE = /^`{3,}(?:python|py)[^\S\n]*$/gm;
const MOST_FENCES = 100;
/** Notes that are taken from one answer, and the characters of each. */
const MOST_NOTES = 3;
const NOTE_LENGTH = 300;
/** Parents that an answer may name: more than two are joined one after the other. */
export const MOST_PARENTS = 2;

/** Reads an answer. */
export function readAnswer(text: string, context: AnswerContext): AnswerResult {
  const normal = text.toWellFormed().replace(/\r\n?/g, '\n');
  const read = context.allowsEdits ? readEdits(normal) : ({ ok: true, edits: [], rest: normal } as const);
  if (!read.ok) return { ...createFault(read.message), notes: [] };
  // Each fence that is left open is looked for to the end: many of them would hold the kernel up.
  if ((read.rest.match(FENCE) ?? []).length > MOST_FENCES)
    return { ...createFault('The answer holds too many code blocks.'), notes: [] };
  const files = [...read.rest.matchAll(BLOCK)].map(([, , file = '']) => file);
  const prose = read.rest.replace(BLOCK, '');
  return { ...readParts({ edits: read.edits, files, prose }, context), notes: readNotes(prose) };
}

/** An answer, taken apart. */
interface AnswerParts {
  readonly edits: readonly Edit[];
  readonly files: readonly string[];
  /** What stands outside of edits and files. */
  readonly prose: string;
}

function readParts({ edits, files, prose }: AnswerParts, context: AnswerContext): AnswerContent {
  const written = files.filter((file) => file.trim() !== '');
  if (edits.length > 0 && written.length > 0)
    return createFault(
      'The answer holds edits and a whole Python file, where exactly one of both is wanted.',
    );
  const wanted = readNumbers(readField(prose, 'Read') ?? '');
  if (edits.length === 0 && files.length === 0 && wanted.length > 0)
    return { kind: 'reading', candidates: wanted };
  const [only] = files;
  if (edits.length === 0 && (files.length !== 1 || written.length !== 1 || only === undefined))
    return createFault(`the answer holds ${written.length} Python files where exactly one is wanted`);
  const parents = readParents(prose, context);
  if (!parents.ok) return createFault(parents.message);
  const source =
    edits.length > 0 ? editSubject(edits, parents.ids, context) : { ok: true as const, source: only ?? '' };
  if (!source.ok) return createFault(source.message);
  return { kind: 'proposal', proposal: buildProposal(prose, source.source, parents.ids, context) };
}

/** Reads what an author wants to remember, as `Note: …` lines say it. */
function readNotes(prose: string): string[] {
  return Array.from(prose.matchAll(/^[*\t ]*Note[*\t ]*:[*\t ]*(.+)$/gim), ([, text = '']) =>
    quoteInLine(text, NOTE_LENGTH),
  )
    .filter((text) => text !== '')
    .slice(0, MOST_NOTES);
}

/** Reads a gain as "+12" or "-0.5 points"; `undefined` where the answer predicts none. */
function readExpected(prose: string): number | undefined {
  const found = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?/i.exec(readField(prose, 'Expect') ?? '')?.[0];
  const value = Number(found);
  return found !== undefined && Number.isFinite(value) ? value : undefined;
}

function createFault(message: string): AnswerContent {
  return { kind: 'no_policy', message };
}

function buildProposal(
  prose: string,
  source: string,
  [parent, joined]: readonly CandidateId[],
  { draft, fallback, taken }: AnswerContext,
): Proposal {
  const label = makeUnique(readField(prose, 'Label') ?? draft?.label ?? fallback, taken);
  const idea = readField(prose, 'Idea') ?? draft?.idea ?? readDocstringLine(source) ?? label;
  const expected = readExpected(prose) ?? draft?.expected;
  const origin = parent === undefined ? { parent: draft?.parent, joined: draft?.joined } : { parent, joined };
  return {
    label,
    idea,
    source: `${source.trimEnd()}\n`,
    ...(origin.parent !== undefined && { parent: origin.parent }),
    ...(origin.joined !== undefined && { joined: origin.joined }),
    ...(expected !== undefined && { expected }),
  };
}

/** Applies edits to the text of the first parent; where none is named, to that of the draft, or of the best policy. */
export function editSubject(
  edits: readonly Edit[],
  [parent]: readonly CandidateId[],
  { draft, best, findText }: Pick<AnswerContext, 'draft' | 'best' | 'findText'>,
): ReturnType<typeof applyEdits> {
  const subject = parent ?? (draft === null ? best : null);
  const source = subject === null ? draft?.source : findText(subject);
  if (source === undefined)
    return { ok: false, message: 'There is no earlier text that the edits could change.' };
  const name = subject === null ? 'the text of your last answer' : `the text of @${subject}`;
  const applied = applyEdits(source, edits);
  return applied.ok ? applied : { ok: false, message: `The edits do not fit ${name}. ${applied.message}` };
}

/** The candidates that an answer names as its parents; of a join the first is the one that edits change. */
type ParentsResult =
  | { readonly ok: true; readonly ids: readonly CandidateId[] }
  | { readonly ok: false; readonly message: string };

function readParents(prose: string, { findText }: AnswerContext): ParentsResult {
  const ids = readNumbers(readField(prose, 'Parent') ?? '');
  const unknown = ids.find((id) => findText(id) === undefined);
  if (unknown !== undefined)
    return { ok: false, message: `The answer names the parent @${unknown}, and there is no such policy.` };
  if (ids.length > MOST_PARENTS)
    return {
      ok: false,
      message: `The answer names ${ids.length} parents, where ${MOST_PARENTS} are the most.`,
    };
  return { ok: true, ids };
}

/** Reads candidates as "@5, @7", each once. */
function readNumbers(text: string): CandidateId[] {
  const numbers = Array.from(text.matchAll(/@(\d+)/g), ([, digits]) => candidateId.safeParse(Number(digits)));
  return [...new Set(numbers.flatMap((parsed) => (parsed.success ? [parsed.data] : [])))];
}

/** Lists the labels of a run's candidates, which a new one must differ from. */
export function listLabels({ candidates }: RunState): ReadonlySet<string> {
  return new Set(Array.from(candidates.values(), ({ label }) => label));
}

/** Reads the idea of an answer, of which more may come; `null` before its line has ended. */
export function readIdea(text: string): string | null {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return readField(whole, 'Idea') ?? null;
}

function readField(prose: string, name: string): string | undefined {
  const found = new RegExp(`^[*\\t ]*${name}[*\\t ]*:[*\\t ]*(.+)$`, 'im').exec(prose)?.[1];
  const text = found === undefined ? '' : quoteInLine(found, name === 'Label' ? 60 : 300);
  return text === '' ? undefined : text;
}

function readDocstringLine(source: string): string | undefined {
  const found = /^[\t ]*(?:"""|''')\n?(.+?)(?:"""|'''|$)/m.exec(source)?.[1];
  return found === undefined ? undefined : quoteInLine(found, 300);
}

/** A label that no earlier candidate has: with a number behind it where it is taken. */
export function makeUnique(label: string, taken: ReadonlySet<string>): string {
  if (!taken.has(label)) return label;
  for (let number = 2; ; number++) if (!taken.has(`${label} ${number}`)) return `${label} ${number}`;
}
