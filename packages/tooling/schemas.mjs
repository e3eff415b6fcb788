/**
 * Writes our zod schemas as JSON Schema into the Python package that must keep to them, the protocol's as Python types,
 * the names of the
 * language's magics as a list, and the table of resources.
 *
 * The files are committed; a unit test compares them with what this module would write.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { cache, messagesFile, root, schemaFolder } from './places.mjs';
import { pythonMessages } from './python-messages.mjs';

/** File name to its content: JSON Schemas, and what the workbench knows of magics. */
export async function schemas() {
  return (await declared()).files;
}

/** The text of Python's module of messages. */
export async function messages() {
  return pythonMessages((await declared()).named);
}

/** Writes all files, the module of messages included. */
export async function writeSchemas() {
  mkdirSync(schemaFolder, { recursive: true });
  for (const [name, schema] of Object.entries(await schemas()))
    writeFileSync(join(schemaFolder, name), JSON.stringify(schema, null, 1) + '\n');
  mkdirSync(dirname(messagesFile), { recursive: true });
  writeFileSync(messagesFile, await messages());
}

/** `files` by their names; `named` is the protocol with references to the nouns that several messages share. */
async function declared() {
  const bundle = join(cache, 'schemas.mjs');
  await build({
    stdin: {
      contents: `
        import { z } from 'zod';
        import * as protocol from '@policybook/protocol';
        import { comparisonEvent } from '@policybook/engine/comparison-events';
        import { CELLS, COMMANDS, LINES_BEFORE_MAGIC } from '@policybook/language/magics';
        import { callFile, runLine } from '@policybook/store/schemas';
        const json = (schema, io, metadata = z.registry()) => z.toJSONSchema(schema, { io, metadata });
        const messages = new Set([protocol.evaluatorProgress, protocol.kernelFrame, protocol.evaluatorFrame]);
        const nouns = z.registry();
        for (const [name, value] of Object.entries(protocol))
          if (value instanceof z.ZodType && !messages.has(value))
            nouns.add(value, { id: name[0].toUpperCase() + name.slice(1).replace(/Schema$/, '') });
        const evaluator = (metadata) => ({
          methods: Object.fromEntries(
            Object.entries(protocol.evaluatorMethods).map(([name, { params, result }]) => [
              name,
              { params: json(params, 'input', metadata), result: json(result, 'output', metadata) },
            ]),
          ),
          progress: json(protocol.evaluatorProgress, 'output', metadata),
          frames: {
            kernel: json(protocol.kernelFrame, 'output', metadata),
            evaluator: json(protocol.evaluatorFrame, 'output', metadata),
          },
        });
        export const files = {
          'evaluator.json': evaluator(),
          'comparison.json': json(comparisonEvent, 'output'),
          'line.json': json(runLine, 'output'),
          'call.json': json(callFile, 'output'),
          'resources.json': Object.fromEntries(
            Object.entries(protocol.RESOURCE_KINDS).map(([name, { amount: _, ...kind }]) => [name, kind]),
          ),
          'magics.json': {
            cells: Object.keys(CELLS),
            commands: Object.keys(COMMANDS),
            linesBefore: LINES_BEFORE_MAGIC,
          },
        };
        export const named = evaluator(nouns);`,
      resolveDir: join(root, 'kernel'),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
    logLevel: 'warning',
  });
  return import(bundle + `?${Date.now()}`);
}
