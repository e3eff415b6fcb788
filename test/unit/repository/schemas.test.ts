/** What is committed of the zod schemas, for pytest and for Python's types, is what they declare now. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..');

test.each(['evaluator.json', 'comparison.json', 'line.json', 'call.json', 'magics.json', 'resources.json'])(
  '%s is what protocol, engine, store and language declare',
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

test('messages.py has the types that the protocol declares', () => {
  const script = `import('./packages/tooling/schemas.mjs').then(async (m) => process.stdout.write(await m.messages()))`;
  const generated = execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' });
  const committed = readFileSync(join(root, 'packages/runtime/policybook/protocol/messages.py'), 'utf8');
  expect(committed).toBe(generated);
});
