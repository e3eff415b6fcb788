/**
 * `npm run check`: format, types, lint and the repository's own rules (layers, circles, names, recipes) of the
 * TypeScript; ruff, mypy and import contracts of the Python. `-- --fix` mends format.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, venvBin, venvPython } from './places.mjs';
import { step } from './run.mjs';
import { setUp } from './set-up.mjs';

const fix = process.argv.includes('--fix');
const { node, environment } = await setUp();
const npmTool = (path) => [node, join(root, 'node_modules', path)];
const python = (...args) => [venvPython, '-m', ...args];

const checks = [
  ['format', [...npmTool('prettier/bin/prettier.cjs'), fix ? '--write' : '--check', '--log-level=warn', '.']],
  ['types', [...npmTool('typescript/bin/tsc'), '--noEmit', '-p', '.']],
  ['lint', [...npmTool('eslint/bin/eslint.js'), '.']],
  ['repository rules', [...npmTool('jest/bin/jest.js'), 'test/unit/repository']],
  ['python format', python('ruff', 'format', ...(fix ? [] : ['--check']), '.')],
  ['python lint', python('ruff', 'check', ...(fix ? ['--fix'] : []), '.')],
  [
    'python types',
    python('mypy', '--cache-dir=.cache/mypy', 'packages/runtime/policybook', 'hatch_build.py'),
  ],
  // The contracts stand in pyproject.toml; they are held against the wheel, which set-up has just installed.
  ['python layers', [join(venvBin, 'lint-imports'), '--no-cache']],
];

const failed = checks.filter(([name, [program, ...args]]) => {
  step(name);
  return spawnSync(program, args, { cwd: root, stdio: 'inherit', env: environment }).status !== 0;
});
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.map(([name]) => name).join(', ')}`);
  process.exit(1);
}
console.log('\nall checks passed');
