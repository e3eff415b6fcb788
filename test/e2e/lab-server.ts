/**
 * A JupyterLab of its own for one test: port, token, settings, data and runtime folders are private, and the whole
 * process group ends with it. The extension is the one that `node labextension/build.mjs` built.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const repository = path.resolve(__dirname, '../..');
const extension = '@policybook/labextension';
const builtExtension = path.join(repository, 'packages/runtime/policybook/labextension');
const patience = { startMs: 60_000, stopMs: 8_000 };

export interface LabOptions {
  /** Folder that Lab serves. */
  readonly root: string;
  /** Added to the server's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** `none` disables it even where the wheel has installed it. */
  readonly extension?: 'built' | 'none';
  readonly theme?: 'JupyterLab Light' | 'JupyterLab Dark';
}

export interface LabServer {
  /** With a trailing slash. */
  readonly url: string;
  readonly token: string;
  /** What the server printed so far. */
  readonly output: () => string;
  /** Ends the server and all that it started; may be called twice. */
  readonly stop: () => Promise<void>;
}

/** Resolves when the server answers; rejects with its output when it does not. */
export async function startLab(options: LabOptions): Promise<LabServer> {
  const home = mkdtempSync(path.join(tmpdir(), 'policybook-lab-'));
  const port = await freePort();
  const token = randomBytes(16).toString('hex');
  const url = `http://127.0.0.1:${port}/`;
  const child = spawn(
    path.join(repository, '.venv/bin/jupyter'),
    [
      'lab',
      '--no-browser',
      '--allow-root',
      '--expose-app-in-browser',
      '--ServerApp.ip=127.0.0.1',
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
      `--IdentityProvider.token=${token}`,
      `--ServerApp.root_dir=${options.root}`,
      '--LabApp.news_url=',
    ],
    { cwd: options.root, env: environment(home, options), detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const stop = async (): Promise<void> => {
    await endGroup(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await answering(`${url}api/status?token=${token}`, child);
  } catch (cause) {
    await stop();
    throw new Error(`JupyterLab did not start:\n${output}`, { cause });
  }
  return { url, token, output: () => output, stop };
}

/** Nothing of the user's own Jupyter is read or written. */
function environment(home: string, options: LabOptions): NodeJS.ProcessEnv {
  const at = (name: string): string => {
    const folder = path.join(home, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: home,
    IPYTHONDIR: at('ipython'),
    JUPYTER_CONFIG_DIR: at('config'),
    JUPYTER_DATA_DIR: at('data'),
    JUPYTER_RUNTIME_DIR: at('runtime'),
    JUPYTERLAB_SETTINGS_DIR: at('settings'),
    JUPYTERLAB_WORKSPACES_DIR: at('workspaces'),
    JUPYTER_PATH: at('path'),
    ...options.env,
  };
  if (options.extension === 'none') {
    const pageConfig = path.join(at('config/labconfig'), 'page_config.json');
    writeFileSync(pageConfig, JSON.stringify({ disabledExtensions: { [extension]: true } }));
  } else {
    if (!existsSync(builtExtension)) throw new Error('Build it first: node labextension/build.mjs');
    // JUPYTER_PATH comes before the virtual environment, where the wheel may have installed another build.
    const link = path.join(at('path/labextensions/@policybook'), 'labextension');
    symlinkSync(builtExtension, link);
  }
  writeSettings(at('settings'), options.theme ?? 'JupyterLab Light');
  return env;
}

function writeSettings(folder: string, theme: string): void {
  const settings = {
    '@jupyterlab/apputils-extension/themes': { theme },
    '@jupyterlab/apputils-extension/notification': { fetchNews: 'false', checkForUpdates: false },
    // Every cell is in the page, also those out of sight.
    '@jupyterlab/notebook-extension/tracker': { windowingMode: 'none' },
  };
  for (const [name, content] of Object.entries(settings)) {
    const file = path.join(folder, `${name}.jupyterlab-settings`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(content));
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

/** Asks again until the server answers, has ended, or patience has. */
async function answering(url: string, child: ChildProcess): Promise<void> {
  const end = Date.now() + patience.startMs;
  while (child.exitCode === null && Date.now() < end) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(child.exitCode === null ? 'no answer' : `exit code ${child.exitCode}`);
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  signalGroup(child.pid, 'SIGTERM');
  const timer = setTimeout(signalGroup, patience.stopMs, child.pid, 'SIGKILL');
  await ended;
  clearTimeout(timer);
  signalGroup(child.pid, 'SIGKILL');
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // The group is gone already.
  }
}
