/** Search/replace blocks of an answer: read, and applied exactly to a text or refused with the place. */
import { formatQuantity } from '@policybook/protocol';
import { formatCloseLines } from './close-lines';

/** Lines of a text that are to be replaced by others. */
export interface Edit {
  readonly search: readonly string[];
  readonly replace: readonly string[];
}

/** The blocks of an answer, and its lines outside of them; or which block is not whole. */
export type EditsResult =
  | { readonly ok: true; readonly edits: readonly Edit[]; readonly rest: string }
  | { readonly ok: false; readonly message: string };

/** A text after all its edits, or which of them does not fit and where. */
export type AppliedEdits =
  { readonly ok: true; readonly source: string } | { readonly ok: false; readonly message: string };

const SEARCH = /^<{5,9} SEARCH\s*$/;
const DIVIDER = /^={5,9}\s*$/;
const REPLACE = /^>{5,9} REPLACE\s*$/;
/** Places that are named where lines stand several times in a text. */
const PLACES_SHOWN = 6;

/** Reads the blocks of an answer whose line ends are line feeds. */
export function readEdits(answer: string): EditsResult {
  const edits: Edit[] = [];
  const rest: string[] = [];
  let open: { readonly search: string[]; readonly replace: string[]; isDivided: boolean } | null = null;
  const describeBroken = (missing: string) =>
    ({ ok: false, message: `Block ${edits.length + 1} of the answer has no line \`${missing}\`.` }) as const;
  for (const line of answer.split('\n')) {
    if (SEARCH.test(line)) {
      if (open !== null) return describeBroken(open.isDivided ? '>>>>>>> REPLACE' : '=======');
      open = { search: [], replace: [], isDivided: false };
    } else if (open === null) rest.push(line);
    else if (REPLACE.test(line)) {
      if (!open.isDivided) return describeBroken('=======');
      edits.push({ search: open.search, replace: open.replace });
      open = null;
    } else if (!open.isDivided && DIVIDER.test(line)) open.isDivided = true;
    else (open.isDivided ? open.replace : open.search).push(line);
  }
  if (open !== null) return describeBroken(open.isDivided ? '>>>>>>> REPLACE' : '=======');
  return { ok: true, edits, rest: rest.join('\n') };
}

/** Makes an edit of two texts; one line end behind the last line of each says nothing. */
export function createEdit(search: string, replace: string): Edit {
  return { search: splitLines(search), replace: splitLines(replace) };
}

function splitLines(text: string): string[] {
  const normal = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  return normal === '' ? [] : normal.split('\n');
}

/** Applies edits in their order, each to what those before it have left. The lines of each must stand exactly once in the text. */
export function applyEdits(source: string, edits: readonly Edit[]): AppliedEdits {
  let lines = source.trimEnd().split('\n');
  for (const [index, { search, replace }] of edits.entries()) {
    const block = edits.length === 1 ? 'The block' : `Block ${index + 1} of ${edits.length}`;
    if (search.every((line) => line.trim() === ''))
      return { ok: false, message: `${block} searches for no line.` };
    const places = findLines(lines, search);
    const [place] = places;
    if (place === undefined)
      return {
        ok: false,
        message: `${block} does not match: the text has no such lines.\n\n${formatCloseLines(lines, search)}`,
      };
    if (places.length > 1)
      return {
        ok: false,
        message: `${block} matches ${formatQuantity(places.length, 'time')}, at ${formatPlaces(places)} of the text. Search for more lines, so that it matches once.`,
      };
    lines = [...lines.slice(0, place), ...replace, ...lines.slice(place + search.length)];
  }
  return { ok: true, source: `${lines.join('\n').trimEnd()}\n` };
}

/** Finds where all of `search` stands in `lines`, in a row and exactly; indices from 0. */
function findLines(lines: readonly string[], search: readonly string[]): number[] {
  return lines.flatMap((_, start) =>
    search.every((line, offset) => lines[start + offset] === line) ? [start] : [],
  );
}

/** Formats as "lines 4, 17 and 30". */
function formatPlaces(places: readonly number[]): string {
  const shown = places.slice(0, PLACES_SHOWN).map((place) => String(place + 1));
  const last = places.length > PLACES_SHOWN ? 'more' : (shown.pop() ?? '');
  return `lines ${shown.join(', ')} and ${last}`;
}
