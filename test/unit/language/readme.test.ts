/** The README's tables of keys are the keys of the schemas. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentKeys } from '../../../packages/language/src/schema/environment';
import { BODY_SCHEMAS, listAlternatives } from '../../../packages/language/src/schema/json-schema';
import { formatKeysTable } from '../../../packages/language/src/schema/keys-table';

const readme = readFileSync(join(__dirname, '../../../packages/language/README.md'), 'utf8');

/** Keys in the first column of every table below the heading, until the next heading. */
function documentedKeys(heading: string): string[] {
  const section = readme.split(`### ${heading}\n`)[1]?.split(/^##/m)[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, key = '']) => key),
  );
}

test('README has exactly one row for each key of %%environment and %%learn', () => {
  const keys = Object.keys(BODY_SCHEMAS.learn.shape);
  expect(documentedKeys('Keys of `%%environment` and `%%learn`').sort()).toEqual(keys.sort());
});

test('README has exactly one row for each key of %%compare', () => {
  const keys = Object.keys(BODY_SCHEMAS.compare.shape).filter((key) => !Object.hasOwn(environmentKeys, key));
  expect(documentedKeys('Keys of `%%compare`').sort()).toEqual(keys.sort());
});

test('README has exactly the keys of every kind of author, behind its name', () => {
  const section = readme.split('### Keys of `author`\n')[1]?.split(/^##/m)[0] ?? '';
  const documented = section.split('\n').flatMap((row) => {
    const [, kind, keys = ''] = /^\| `(\w+)` \|([^|]*)\|/.exec(row) ?? [];
    // Keys of a nested mapping stand behind the name of the outer one.
    const outer = keys.replaceAll(/: \[?\{[^}]*\}\]?/g, '');
    return kind === undefined || kind === 'kind'
      ? []
      : [[kind, [...outer.matchAll(/\w+/g)].map(([key]) => key).sort()]];
  });
  const mappings = listAlternatives('learn', ['author']).filter(({ properties }) => properties?.['kind']);
  const declared = mappings.map(({ properties = {} }) => {
    const kind = properties['kind'];
    const keys = Object.keys(properties).filter((key) => key !== 'kind');
    return [typeof kind === 'object' ? kind.const : undefined, keys.sort()];
  });
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(declared));
  expect(documented).toHaveLength(declared.length);
});

test('README says what each key of openai means, as inspection does', () => {
  const table = formatKeysTable('learn', ['author'], 'openai');
  expect(table).toContain('| `reasoning` | low or medium or high | How much the model is to reason');
  expect(table.split('\n').filter((row) => /\|\s*\|/.test(row))).toEqual([]);
  // Where it does not, `npm run schemas` writes it.
  expect(readme).toContain(
    `\n### Keys of \`openai\`\n\n<!-- \`npm run schemas\` writes this table -->\n\n${table}\n`,
  );
});
