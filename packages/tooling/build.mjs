/** Builds what the wheel carries: the kernel's bundles with zeromq's addons, the JSON Schemas, the labextension. */
import { mkdirSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { buildLabextension } from '../../labextension/build.mjs';
import { bundleKernel } from './kernel-bundle.mjs';
import { cache, kernelFolder, venvPython } from './places.mjs';
import { writeSchemas } from './schemas.mjs';

export async function buildKernel() {
  rmSync(kernelFolder, { recursive: true, force: true });
  await bundleKernel(kernelFolder);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync(cache, { recursive: true });
  await writeSchemas();
  await buildKernel();
  await buildLabextension(process.env.POLICYBOOK_BUILD_PYTHON ?? venvPython);
}
