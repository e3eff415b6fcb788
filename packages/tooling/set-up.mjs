/**
 * Makes a checkout ready: `.venv` with the Python packages and Node 24, the npm packages, the wheel, installed.
 *
 * Each stage keeps a stamp of what it was made from, so that a second call does only what has changed. Needs no
 * npm package itself: it runs on a fresh clone, on any Node >= 20.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { cache, root, venv, venvBin, venvPython, wheelNode } from './places.mjs';
import { fail, run, step } from './run.mjs';

/** Folders and files whose content decides what the wheel holds. */
const wheelSources = [
  'pyproject.toml',
  'hatch_build.py',
  'package-lock.json',
  'packages',
  'kernel',
  'labextension',
];
const generated =
  /(^|\/)(node_modules|_kernel|lib|__pycache__|build|dist)(\/|$)|runtime\/policybook\/labextension|\.pyc$|\.md$/;

export async function setUp() {
  mkdirSync(cache, { recursive: true });
  makeVenv();
  installPython();
  const { node, npm, bin } = await wheelNode();
  const environment = { ...process.env, PATH: [bin, venvBin, process.env.PATH].join(delimiter) };
  installNode(node, npm, environment);
  installWheel(environment);
  return { node, npm, environment };
}

function makeVenv() {
  if (existsSync(venvPython)) return;
  const python = findPython();
  step(`making .venv with ${python}`);
  run(python, ['-m', 'venv', venv]);
  run(venvPython, ['-m', 'pip', 'install', '--quiet', '--upgrade', 'pip>=25.1']);
}

function findPython() {
  const names = [process.env.PYTHON, 'python3', 'python3.13', 'python3.12', 'python3.11', 'python'].filter(
    Boolean,
  );
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
  const found = names.find((name) => spawnSync(name, ['-c', check]).status === 0);
  return (
    found ??
    fail('needs Python >= 3.11 with venv (Debian: apt-get install python3-venv). Set PYTHON to name one.')
  );
}

function installPython() {
  stamped('python', ['pyproject.toml'], () => {
    step('installing the Python packages');
    const wanted = pythonRequirements();
    run(venvPython, ['-m', 'pip', 'install', '--quiet', '--group', 'dev', ...wanted]);
  });
}

/** The wheel's dependencies with the extras that examples and tests use, so that pip sees them all at once. */
function pythonRequirements() {
  const script =
    "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; x = p['optional-dependencies'];" +
    "print('\\n'.join(p['dependencies'] + x['lab'] + x['box2d'] + x['mujoco'] + x['atari']))";
  const listed = spawnSync(venvPython, ['-c', script], { cwd: root, encoding: 'utf8' });
  if (listed.status !== 0) fail(`pyproject.toml could not be read: ${listed.stderr}`);
  return listed.stdout.trim().split('\n');
}

function installNode(node, npm, environment) {
  stamped('npm', ['package-lock.json'], () => {
    step('installing the npm packages');
    // No package needs its install script: the binaries come inside the packages.
    run(node, [npm, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      env: environment,
    });
  });
}

function installWheel(environment) {
  stamped('wheel', wheelSources, () => {
    step('building and installing the wheel');
    const folder = join(cache, 'wheel');
    rmSync(folder, { recursive: true, force: true });
    const pip = ['-m', 'pip', '--quiet'];
    run(venvPython, [...pip, 'wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', folder, '.'], {
      env: environment,
    });
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    run(venvPython, [...pip, 'install', '--no-deps', '--force-reinstall', join(folder, wheel)]);
  });
}

/** Runs `make` unless the sources are those that the stage's stamp was left for. */
function stamped(stage, sources, make) {
  const stamp = join(cache, `${stage}.stamp`);
  const wanted = digest(sources);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  make();
  writeFileSync(stamp, wanted);
}

function digest(sources) {
  const hash = createHash('sha256').update(venv);
  const visit = (path) => {
    if (generated.test(path)) return;
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) for (const name of readdirSync(full).sort()) visit(`${path}/${name}`);
    else hash.update(path).update('\0').update(readFileSync(full)).update('\0');
  };
  sources.forEach(visit);
  return hash.digest('hex');
}
