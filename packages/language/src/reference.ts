/** References to policies: `RUN`, `RUN@best`, `RUN@7`, `RUN~1@7`, the name of a `%%policy` cell, or a `.py` path. */
import { isName } from './names';

export type Reference =
  /** A run's candidate. `run` includes `~N` where an older run of the name is meant: that is its folder's name. */
  | { readonly kind: 'candidate'; readonly run: string; readonly candidate: number | 'best' }
  /** A bare name: a run's best or a `%%policy` cell's text, whichever is declared. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'path'; readonly path: string };

export type ReferenceResult =
  | { readonly ok: true; readonly value: Reference }
  | { readonly ok: false; readonly code: 'bad_reference'; readonly message: string };

export const referenceWords =
  'a policy reference (RUN, RUN@best, RUN@7, RUN~1@7, the name of a %%policy cell, or a path ending in .py)';

const form = /^(?<name>[^@~]+)(?:~(?<older>[^@]*))?(?:@(?<candidate>.*))?$/u;

/** Parses a reference; whether it exists is for the caller to say. */
export function parseReference(text: string): ReferenceResult {
  if (text.endsWith('.py')) return { ok: true, value: { kind: 'path', path: text } };
  const { name, older, candidate } = form.exec(text)?.groups ?? {};
  if (name === undefined || !isName(name)) return bad(`expected ${referenceWords}, found '${text}'`);
  if (older !== undefined && !isCount(older))
    return bad(`after ~ stands how many runs of the name ago, as in ${name}~1; found '${older}'`);
  if (candidate !== undefined && candidate !== 'best' && !isCount(candidate))
    return bad(`after @ stands 'best' or a candidate's number, as in ${name}@7; found '${candidate}'`);
  if (older === undefined && candidate === undefined) return { ok: true, value: { kind: 'name', name } };
  const run = older === undefined ? name : `${name}~${Number(older)}`;
  const chosen = candidate === undefined || candidate === 'best' ? 'best' : Number(candidate);
  return { ok: true, value: { kind: 'candidate', run, candidate: chosen } };
}

/** Whether `text` names a run: `first`, or `first~1` for the one before of the same name. */
export function isRunName(text: string): boolean {
  const { name, older, candidate } = form.exec(text)?.groups ?? {};
  return (
    name !== undefined && isName(name) && candidate === undefined && (older === undefined || isCount(older))
  );
}

function isCount(text: string): boolean {
  return /^[1-9]\d{0,8}$/.test(text);
}

function bad(message: string): ReferenceResult {
  return { ok: false, code: 'bad_reference', message };
}
