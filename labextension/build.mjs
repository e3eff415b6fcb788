/**
 * Builds the prebuilt JupyterLab extension: esbuild makes one module of ours and `@policybook/views`, and
 * jupyter-builder makes the federated bundle of it, into `packages/runtime/policybook/labextension/`.
 *
 * Needs a Python with jupyter-builder (no JupyterLab): POLICYBOOK_PYTHON, else the repository's .venv.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.dirname(here);

/** Throws where a step fails; its output has been shown by then. */
export async function buildLabextension(python = process.env.POLICYBOOK_PYTHON ?? repositoryPython()) {
  await build({
    entryPoints: [path.join(here, 'src/index.ts')],
    outfile: path.join(here, 'lib/index.js'),
    bundle: true,
    format: 'esm',
    target: 'es2023',
    // jupyter-builder bundles zod, diff and plotly, and lists their licences.
    external: ['@jupyterlab/*', '@lumino/*', 'plotly.js-basic-dist-min', 'zod', 'diff'],
    logLevel: 'warning',
  });
  // jupyter-builder takes node from PATH: it must be the one that runs this.
  const PATH = [path.dirname(process.execPath), process.env.PATH].join(path.delimiter);
  const { status, error, stdout } = spawnSync(
    python,
    ['-m', 'jupyter_builder.extension_commands.build', here],
    { env: { ...process.env, PATH }, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`jupyter-builder failed (${status}):\n${stdout}`);
}

function repositoryPython() {
  const found = ['.venv/bin/python', '.venv/Scripts/python.exe']
    .map((name) => path.join(repository, name))
    .find((file) => existsSync(file));
  if (!found) throw new Error('No Python with jupyter-builder: set POLICYBOOK_PYTHON or make .venv.');
  return found;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await buildLabextension();
