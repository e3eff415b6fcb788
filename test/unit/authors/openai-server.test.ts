/** The fixture as a program, for runs in another process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFields } from '../../../packages/authors/src/model-response';

const program = join(__dirname, '..', '..', 'fixtures', 'openai-server.mjs');

test('it prints its port and answers by script', async () => {
  const answers = join(mkdtempSync(join(tmpdir(), 'answers-')), 'answers.json');
  writeFileSync(answers, JSON.stringify([{ status: 429, error: { message: 'later' } }]));
  const child = spawn(process.execPath, [program, '--port', '0', '--answers', answers], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const line = String((await once(child.stdout, 'data')).at(0));
    const response = await fetch(`http://127.0.0.1:${Number(line)}/v1/chat/completions`, {
      method: 'POST',
      body: '{}',
    });
    expect(response.status).toBe(429);
    expect(readFields(await response.json())).toMatchObject({ error: { message: 'later' } });
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});
