/** The cells that the documents of the examples show are cells of the language, without a mistake. */
import { readFileSync } from 'node:fs';
import { parseCell } from '../../../packages/language/src';
import { listAlternatives } from '../../../packages/language/src/schema/json-schema';
import { repositoryFiles, repositoryRoot } from '../../fixtures/repository-files';

const documents = repositoryFiles().filter((path) => /^examples\/[\w-]+\.md$/.test(path));

const cells = documents.flatMap((path) => {
  const text = readFileSync(`${repositoryRoot}/${path}`, 'utf8');
  return [...text.matchAll(/^```python\n(%%[\s\S]*?)^```$/gm)].map(([, cell = '']) => ({ path, cell }));
});

test.each(cells)('$path: $cell', ({ cell }) => {
  const parsed = parseCell(cell);
  expect(parsed).toMatchObject({ kind: /^%%(\w+)/.exec(cell)?.[1] });
  expect(parsed).not.toHaveProperty('diagnostics');
});

test('examples/authors.md has a cell of every author', () => {
  const kinds = listAlternatives('learn', ['author']).flatMap(({ properties }) => {
    const kind = properties?.['kind'];
    return typeof kind === 'object' && typeof kind.const === 'string' ? [kind.const] : [];
  });
  const shown = cells.filter(({ path }) => path === 'examples/authors.md').map(({ cell }) => cell);
  const missing = kinds.filter(
    (kind) => !shown.some((cell) => new RegExp(`author: (\\{kind: )?${kind}\\b`).test(cell)),
  );
  expect(kinds).toContain('several');
  expect(missing).toEqual([]);
  const keys = ['mode: agent', 'samples: ', 'repair_model: ', 'price: ', 'weight: ', 'choose: bandit'];
  expect(keys.filter((key) => !shown.some((cell) => cell.includes(key)))).toEqual([]);
});
