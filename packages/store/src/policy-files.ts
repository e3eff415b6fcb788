/** `policies/NNNN-HASH.py`: the texts of a run or a comparison, each written once. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder, orAbsent, writeWhole } from './files';
import { asStoreError, StoreError } from './store-error';

/** Writes a text and returns its file name. */
export async function keepPolicy(
  folder: string,
  number: number,
  hash: string,
  source: string,
): Promise<string> {
  const name = `${String(number).padStart(4, '0')}-${hash.slice(0, 8)}.py`;
  const path = join(folder, 'policies', name);
  try {
    if ((await orAbsent(readFile(path, 'utf8'))) === source) return name;
    await makeFolder(join(folder, 'policies'));
    await writeWhole(path, source);
  } catch (error) {
    throw asStoreError(error, path);
  }
  return name;
}

/** A policy's text; rejects with `no_such_run` when the folder has no such file. */
export async function readPolicy(folder: string, name: string): Promise<string> {
  const text = await orAbsent(readFile(join(folder, 'policies', basename(name)), 'utf8'));
  if (text === null) throw new StoreError('no_such_run', `${folder} has no policy ${name}`);
  return text;
}
