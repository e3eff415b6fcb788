/**
 * References to policies: `RUN` or `RUN@best`, `RUN@champion`, `RUN@7`, `RUN~1@7`, the name of a `%%policy` cell, a `.py` path or a folder.
 * Of a run that was repeated, `RUN/2` is the second replicate and `RUN/2@7` a candidate of it, as its folders are.
 */
import { foldName } from '@policybook/protocol';
import { isName } from './names';

/** A parsed reference to a policy. */
export type Reference =
  /** A run's candidate. `run` has `~N` of an older run and `/N` of one replicate of several: that is its folder. */
  | { readonly kind: 'candidate'; readonly run: string; readonly candidate: number | 'best' | 'champion' }
  /** A bare name: a run's best or a `%%policy` cell's text, whichever is declared. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'path'; readonly path: string };

/** A reference, or why the text is none. */
export type ReferenceResult =
  | { readonly ok: true; readonly value: Reference }
  | { readonly ok: false; readonly code: 'bad_reference'; readonly message: string };

/** What a reference may look like, as a phrase after "expected". */
export const REFERENCE_FORM =
  'a policy reference (RUN, RUN@best, RUN@champion, RUN@7, RUN~1@7, RUN/2@7, the name of a %%policy cell, a path ending in .py, or a folder as in ./planner)';

const REFERENCE_PATTERN =
  /^(?<name>[^@~/]+)(?:~(?<older>[^@/]*))?(?:\/(?<replicate>[^@]*))?(?:@(?<candidate>.*))?$/u;

/** A file of Python, or a folder: that begins as paths do, or it would be a run's replicate. */
function isPath(text: string): boolean {
  return text.endsWith('.py') || /^(?:\.{1,2})?\//.test(text);
}

/** Parses a reference; whether it exists is for the caller to say. */
export function parseReference(text: string): ReferenceResult {
  if (isPath(text)) return { ok: true, value: { kind: 'path', path: text } };
  const { name, older, replicate, candidate } = REFERENCE_PATTERN.exec(foldName(text))?.groups ?? {};
  if (name === undefined || !isName(name)) return reject(`expected ${REFERENCE_FORM}, found '${text}'`);
  if (older !== undefined && !isCount(older))
    return reject(`after ~ stands how many runs of the name ago, as in ${name}~1; found '${older}'`);
  if (replicate !== undefined && !isCount(replicate))
    return reject(`after / stands which replicate of a repeated run, as in ${name}/2; found '${replicate}'`);
  const isWord = candidate === 'best' || candidate === 'champion';
  if (candidate !== undefined && !isWord && !isCount(candidate))
    return reject(
      `after @ stands 'best', 'champion' or a candidate's number, as in ${name}@7; found '${candidate}'`,
    );
  if (older === undefined && replicate === undefined && candidate === undefined)
    return { ok: true, value: { kind: 'name', name } };
  const run = `${name}${older === undefined ? '' : `~${older}`}${replicate === undefined ? '' : `/${replicate}`}`;
  const chosen = isWord ? candidate : candidate === undefined ? 'best' : Number(candidate);
  return { ok: true, value: { kind: 'candidate', run, candidate: chosen } };
}

/** Whether `text` names a run: `first`, `first~1` for the one before of the name, `first/2` for its second replicate. */
export function isRunName(text: string): boolean {
  const { name, older, replicate, candidate } = REFERENCE_PATTERN.exec(foldName(text))?.groups ?? {};
  if (name === undefined || !isName(name) || candidate !== undefined) return false;
  return [older, replicate].every((number) => number === undefined || isCount(number));
}

function isCount(text: string): boolean {
  return /^[1-9]\d{0,8}$/.test(text);
}

function reject(message: string): ReferenceResult {
  return { ok: false, code: 'bad_reference', message };
}
