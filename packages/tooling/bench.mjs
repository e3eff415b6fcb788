/**
 * `npm run bench -- kernel|evaluator|learning-loop|learning|decisions|model`: sets up, then measures one part against its peer
 * and its goals. Each part prints a table and, as its last line, one JSON object `{"bench", "figures"}`; a goal that is missed
 * is a figure, not a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, venvPython } from './places.mjs';
import { setUp } from './set-up.mjs';

const parts = ['kernel', 'evaluator', 'learning-loop', 'learning', 'decisions', 'model'];
const [part, ...rest] = process.argv.slice(2);
if (!parts.includes(part)) refuse(`benchmarks are ${parts.join(', ')}; found ${part ?? 'none'}`);
// Underscores: Python modules have no hyphens in their names.
const script = join(root, 'packages', 'tooling', 'bench', `${part.replaceAll('-', '_')}.py`);
if (!existsSync(script)) refuse(`the benchmark ${part} is not built yet`);

const { environment } = await setUp();
const done = spawnSync(venvPython, [script, ...rest], { cwd: root, stdio: 'inherit', env: environment });
process.exit(done.status ?? 1);

function refuse(message) {
  console.error(`policybook: ${message}`);
  process.exit(2);
}
