/** Writes the declarations' JSON Schemas to `schemas/`, and the keys of `openai` into README.md; unit tests compare what is committed with the source. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

const readme = join(folder, 'README.md');
const begin = '<!-- `npm run schemas` writes this table -->\n';
const end = '\n<!-- end of the table -->';
const [before, rest = ''] = readFileSync(readme, 'utf8').split(begin);
const table = module.exports.formatKeysTable('learn', ['author'], 'openai');
writeFileSync(readme, `${before}${begin}\n${table}\n${rest.slice(rest.indexOf(end))}`);
