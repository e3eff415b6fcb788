/**
 * Bundles the kernel: `kernel.cjs`, `cells.cjs`, `mcp-sdk.cjs`, which only runs with an agent load, and zeromq's addons for the platforms that we serve.
 *
 * zeromq's own JavaScript goes into the bundle: resolving and compiling its ten files one by one took a tenth of the
 * kernel's start. Only how it finds its addon is replaced, since that is relative to where its files were.
 */
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './places.mjs';

const require = createRequire(import.meta.url);
/** Manifest entries of Node 24 (ABI 137): the newest N-API build not above it, for each platform we serve. */
const addonPattern =
  /^(linux)\/(x64|arm64)\/node\/(glibc|musl)-127-Release|^(darwin)\/(x64|arm64)\/node\/(libc)-115-Release|^(win32)\/(x64|arm64)\/node\/(msvc)-115-Release/;

/** `cells` is the entry that becomes `cells.cjs`. */
export async function bundleKernel(folder, cells = join(root, 'kernel/src/cells/index.ts')) {
  await build({
    entryPoints: {
      kernel: join(root, 'kernel/src/main.ts'),
      cells,
      'mcp-sdk': join(root, 'packages/authors/src/mcp-sdk.ts'),
    },
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    external: ['./cells.cjs'],
    plugins: [addonBesideBundle, sdkBesideBundle],
    loader: { '.md': 'text' },
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  copyAddons(join(folder, 'addons'));
}

const addonBesideBundle = {
  name: 'addon-beside-bundle',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/load-addon$/ }, () => ({ path: 'load-addon', namespace: 'zeromq' }));
    onLoad({ filter: /.*/, namespace: 'zeromq' }, () => ({
      contents: `exports.__esModule = true; exports.default = (${loadAddon})();`,
    }));
  },
};

/** A megabyte that most kernels never need would be read and compiled with every first cell. */
const sdkBesideBundle = {
  name: 'sdk-beside-bundle',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/mcp-sdk$/ }, () => ({ path: './mcp-sdk.cjs', external: true }));
  },
};

/** Runs in the kernel. What libc there is, is asked of the one that knows: the dynamic linker. */
function loadAddon() {
  const load = (libc) => {
    const addon = { exports: {} };
    process.dlopen(addon, `${__dirname}/addons/${process.platform}-${process.arch}-${libc}.node`);
    return addon.exports;
  };
  if (process.platform !== 'linux') return load(process.platform === 'darwin' ? 'libc' : 'msvc');
  try {
    return load('glibc');
  } catch (error) {
    try {
      return load('musl');
    } catch {
      throw error;
    }
  }
}

function copyAddons(folder) {
  mkdirSync(folder, { recursive: true });
  const source = dirname(require.resolve('zeromq/package.json'));
  const manifest = JSON.parse(readFileSync(join(source, 'build', 'manifest.json'), 'utf8'));
  for (const path of Object.values(manifest)) {
    const file = path.replaceAll('\\', '/');
    const platform = addonPattern.exec(file)?.slice(1).filter(Boolean).join('-');
    if (platform) cpSync(join(source, 'build', file), join(folder, `${platform}.node`));
  }
  for (const name of ['LICENSE.txt', 'LICENSE_MPL-2.0.txt'])
    cpSync(join(source, name), join(folder, `zeromq-${name}`));
}
