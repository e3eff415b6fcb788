/** Where the folder of a name is: under its name, or as another spelling of it has named it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { foldName } from '@policybook/protocol';
import { allowAbsent, isPathThere } from './files';

/**
 * Finds the folder `name` in `root`; `first/2` is in `first`. Names are folded where cells are read, and folders were once
 * named as their cells spelt them, so that a folder whose name folds to this one is its folder. Where there is none, it is
 * the path that it would have.
 */
export async function findFolderPath(root: string, name: string): Promise<string> {
  const [whole = name, ...rest] = name.split('/');
  const path = join(root, whole);
  const found = (await isPathThere(path)) ? path : await findOtherSpelling(root, whole);
  return join(found ?? path, ...rest);
}

async function findOtherSpelling(root: string, name: string): Promise<string | null> {
  const folded = foldName(name);
  const names = (await allowAbsent(readdir(root))) ?? [];
  const found = names.find((each) => !each.startsWith('.') && foldName(each) === folded);
  return found === undefined ? null : join(root, found);
}
