/**
 * Runs figures that need the real engine: `node engine-figures.mjs [--tree FOLDER] ENTRY.ts [ARGUMENTS]`, bundled as it
 * is now. `--tree` runs the entry of another checkout of the sources, with the packages of the same checkout. Each
 * process has a bundle of its own, so that several may run side by side.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { cache, root } from '../places.mjs';

const given = process.argv.slice(2);
const tree = given[0] === '--tree' ? resolve(given.splice(0, 2)[1] ?? '') : root;
const [entry, ...args] = given;
mkdirSync(join(cache, 'bench'), { recursive: true });
const folder = mkdtempSync(join(cache, 'bench', 'bundle-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const outfile = join(folder, 'figures.mjs');
await build({
  entryPoints: [join(tree, entry)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
  // The packages of the tree, and not those that `node_modules` links to.
  alias: { '@policybook/protocol': join(tree, 'packages', 'protocol', 'src', 'index.ts') },
  // Packages of CommonJS ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
process.argv = [process.argv[0], outfile, ...args];
await import(pathToFileURL(outfile).href);
