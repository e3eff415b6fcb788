/** Every list of cells and commands is the one of the language's table. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPolicybookCell } from '../../../kernel/src/policybook-cell';
import { CELLS, COMMANDS } from '../../../packages/language/src/cell/command-table';

const root = join(__dirname, '../../..');
const cells = Object.keys(CELLS);
const commands = Object.keys(COMMANDS);

test.each(cells)('the kernel takes %%%%%s for a cell of policybook', (magic) => {
  expect(isPolicybookCell(`%%${magic} x`)).toBe(true);
});

test.each(commands)('the kernel takes %%%s for a command of policybook', (name) => {
  expect(isPolicybookCell(`%${name}`)).toBe(true);
});

test("the language's README documents every cell and every command, as it is written", () => {
  const readme = readFileSync(join(root, 'packages/language/README.md'), 'utf8');
  const usages = [...Object.values(CELLS), ...Object.values(COMMANDS)].map(({ usage }) => usage);
  expect(usages.filter((usage) => !readme.includes(`\`${usage}\``))).toEqual([]);
});

test('the workbench refuses the same magics where Python stands', () => {
  const magics = readFileSync(join(root, 'packages/runtime/policybook/notebook/workbench/magics.py'), 'utf8');
  const listed = (name: string): string[] =>
    [...(new RegExp(`^${name} = \\(([^)]*)\\)`, 'm').exec(magics)?.[1] ?? '').matchAll(/"([a-z]+)"/g)]
      .map(([, word = '']) => word)
      .sort();
  expect(listed('CELL_MAGICS')).toEqual([...cells].sort());
  expect(listed('LINE_MAGICS')).toEqual([...commands].sort());
});
