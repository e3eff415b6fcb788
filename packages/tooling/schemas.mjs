/**
 * Writes our zod schemas as JSON Schema beside the Python that must keep to them.
 *
 * The files are committed; a unit test compares them with what this module would write.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cache, root, schemaFolder } from './places.mjs';

/** File name to its JSON Schema. */
export async function schemas() {
  const bundle = join(cache, 'schemas.mjs');
  await build({
    stdin: {
      contents: `
        import { z } from 'zod';
        import { evaluatorMethods, evaluatorProgress } from '@policybook/protocol';
        import { comparisonEvent } from '@policybook/engine/comparison-events';
        import { callFile, runLine } from '@policybook/store/schemas';
        const json = (schema, io) => z.toJSONSchema(schema, { io });
        const methods = Object.fromEntries(
          Object.entries(evaluatorMethods).map(([name, { params, result }]) => [name, { params: json(params, 'input'), result: json(result, 'output') }]),
        );
        export const files = { 'evaluator.json': { methods, progress: json(evaluatorProgress, 'output') }, 'comparison.json': json(comparisonEvent, 'output'), 'line.json': json(runLine, 'output'), 'call.json': json(callFile, 'output') };`,
      resolveDir: join(root, 'kernel'),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
    logLevel: 'warning',
  });
  const { files } = await import(bundle + `?${Date.now()}`);
  return files;
}

export async function writeSchemas() {
  mkdirSync(schemaFolder, { recursive: true });
  for (const [name, schema] of Object.entries(await schemas()))
    writeFileSync(join(schemaFolder, name), JSON.stringify(schema, null, 1) + '\n');
}
