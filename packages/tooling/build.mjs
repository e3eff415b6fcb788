/**
 * Builds what the wheel carries: the kernel's bundles with zeromq's addon, the JSON Schemas, the labextension.
 *
 * zeromq and cmake-ts stay outside the bundle, because the addon is found relative to their own files; of the
 * addons only those that Node 24 picks on some platform are copied.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildLabextension } from '../../labextension/build.mjs';
import { cache, kernelFolder, root, venvPython } from './places.mjs';
import { writeSchemas } from './schemas.mjs';

const require = createRequire(import.meta.url);
/** Manifest entries of Node 24 (ABI 137): the newest N-API build not above it, for each platform we serve. */
const addonPattern =
  /^(linux\/(x64|arm64)\/node\/(glibc|musl)-127|darwin\/(x64|arm64)\/node\/libc-115|win32\/(x64|arm64)\/node\/msvc-115)-Release/;

export async function buildKernel() {
  rmSync(kernelFolder, { recursive: true, force: true });
  await build({
    entryPoints: { kernel: join(root, 'kernel/src/main.ts'), cells: join(root, 'kernel/src/cells/index.ts') },
    outdir: kernelFolder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    external: ['zeromq', 'cmake-ts', './cells.cjs'],
    loader: { '.md': 'text' },
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  copyZeromq();
}

function copyZeromq() {
  const source = dirname(require.resolve('zeromq/package.json'));
  const target = join(kernelFolder, 'node_modules', 'zeromq');
  mkdirSync(target, { recursive: true });
  for (const name of ['package.json', 'LICENSE.txt', 'LICENSE_MPL-2.0.txt', 'draft.js', 'v5-compat.js'])
    cpSync(join(source, name), join(target, name));
  cpSync(join(source, 'lib'), join(target, 'lib'), {
    recursive: true,
    filter: (path) => !/\.d\.ts$|\.map$|ts3\.7|tsbuildinfo/.test(path),
  });
  const manifest = JSON.parse(readFileSync(join(source, 'build', 'manifest.json'), 'utf8'));
  const kept = Object.entries(manifest).filter(([, path]) => addonPattern.test(path.replaceAll('\\', '/')));
  for (const [, path] of kept) {
    const file = path.replaceAll('\\', '/');
    cpSync(join(source, 'build', file), join(target, 'build', file));
  }
  writeFileSync(join(target, 'build', 'manifest.json'), JSON.stringify(Object.fromEntries(kept)));
  // Its exports map hides its package.json.
  const loader = join(dirname(source), 'cmake-ts');
  const loaderTarget = join(kernelFolder, 'node_modules', 'cmake-ts');
  for (const name of ['package.json', 'LICENSE.md', 'build/loader.js'])
    if (existsSync(join(loader, name))) cpSync(join(loader, name), join(loaderTarget, name));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync(cache, { recursive: true });
  await writeSchemas();
  await buildKernel();
  await buildLabextension(process.env.POLICYBOOK_BUILD_PYTHON ?? venvPython);
}
