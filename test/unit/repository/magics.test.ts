/** Kernel and README have the cells and commands of the language's table; the workbench reads its names, `magics.json`. */
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
