/**
 * `npm run lab [-- [NOTEBOOK] [--no-browser …]]`: JupyterLab on the newest started quickstart, or on the examples. What
 * comes behind the notebook is JupyterLab's.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, venvBin } from './places.mjs';
import { run } from './run.mjs';
import { setUp } from './set-up.mjs';

await setUp();
const given = process.argv.slice(2);
const named = given.length > 0 && !given[0].startsWith('-') ? given.shift() : undefined;
const notebook = named ?? newest(join(root, 'build')) ?? join(root, 'examples', 'quickstart.ipynb');
run(join(venvBin, 'policybook'), ['lab', notebook, ...given]);

function newest(parent) {
  if (!existsSync(parent)) return undefined;
  const numbers = readdirSync(parent)
    .flatMap((name) => /^quickstart-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number);
  return numbers.length === 0
    ? undefined
    : join(parent, `quickstart-${Math.max(...numbers)}`, 'quickstart.ipynb');
}
