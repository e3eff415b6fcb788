/** Writes the declarations' JSON Schemas to `schemas/`; a unit test compares the committed files with the source. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = import.meta.dirname;
const { outputFiles } = await build({
  entryPoints: [join(folder, 'src', 'index.ts')],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  logLevel: 'warning',
});
const module = { exports: {} };
new Function('module', 'exports', 'require', outputFiles[0].text)(
  module,
  module.exports,
  createRequire(import.meta.url),
);
mkdirSync(join(folder, 'schemas'), { recursive: true });
for (const [kind, schema] of Object.entries(module.exports.getDeclarationSchemas()))
  writeFileSync(join(folder, 'schemas', `${kind}.json`), `${JSON.stringify(schema, null, 2)}\n`);
