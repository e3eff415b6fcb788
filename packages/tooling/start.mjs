/** `npm start`: sets up, then learns the quickstart's policy headless, as a notebook user's first run would. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, venvBin } from './places.mjs';
import { run, step } from './run.mjs';
import { setUp } from './set-up.mjs';

await setUp();
const folder = freshFolder(join(root, 'build'));
const notebook = join(folder, 'quickstart.ipynb');
copyFileSync(join(root, 'examples', 'quickstart.ipynb'), notebook);
step(`running ${relative(root, notebook)} through the policybook kernel`);
run(join(venvBin, 'policybook'), ['run', notebook]);
console.log(`
executed notebook  ${relative(root, notebook)}
exported policy    ${relative(root, join(folder, 'lander.py'))}
run folder         ${relative(root, join(folder, 'policybook-runs'))}

Open it in JupyterLab:  npm run lab`);

/** A new folder each time: what an earlier start left is never overwritten. */
function freshFolder(parent) {
  let number = 1;
  while (existsSync(join(parent, `quickstart-${number}`))) number += 1;
  const path = join(parent, `quickstart-${number}`);
  mkdirSync(path, { recursive: true });
  return path;
}
