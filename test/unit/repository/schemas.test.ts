/** The committed JSON Schemas, which pytest holds Python's records against, are those of the zod schemas. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..');

test.each(['evaluator.json', 'comparison.json', 'line.json', 'call.json'])(
  '%s is what engine and store declare',
  (name) => {
    const script = `import('./packages/tooling/schemas.mjs').then(async (m) => process.stdout.write(JSON.stringify((await m.schemas())['${name}'])))`;
    const generated: unknown = JSON.parse(
      execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' }),
    );
    const committed: unknown = JSON.parse(
      readFileSync(join(root, 'packages/runtime/policybook/schemas', name), 'utf8'),
    );
    expect(committed).toEqual(generated);
  },
);
