/**
 * The entry of the kernel: `node kernel.cjs -f CONNECTION_FILE`. Its ports are bound before the rest of the bundle is
 * evaluated: a client that finds them closed pauses for 100 to 200 ms before it tries again.
 */
import { basename } from 'node:path';
import { bindServer, readConnectionFile } from '@policybook/wire/bind';

async function main(argv: readonly string[]): Promise<void> {
  const path = argv[argv.indexOf('-f') + 1];
  if (!argv.includes('-f') || path === undefined) throw new Error('usage: kernel.cjs -f CONNECTION_FILE');
  const file = readConnectionFile(path);
  if (!file.ok) throw new Error(file.message);
  // Binding takes a thread of its own while this one evaluates.
  const binding = bindServer(file.info);
  const { serve } = await import('./serve');
  serve({
    sockets: await binding,
    connection: file.info,
    connectionFile: basename(path),
    env: process.env,
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(
    `policybook: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
