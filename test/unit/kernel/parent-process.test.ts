/** What can be known of the process that has started a kernel. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { readParentProcess } from '../../../kernel/src/parent-process';

test('its words, its folder and the notebook that it was started for', async () => {
  const cwd = realpathSync(tmpdir());
  const other = spawn('sh', ['-c', 'echo up; read line', 'out put/a b.ipynb'], {
    cwd,
    env: { ...process.env, JPY_SESSION_NAME: '/work/driver.ipynb' },
  });
  try {
    await once(other.stdout, 'data');
    const found = readParentProcess({ JPY_PARENT_PID: String(other.pid) });
    if (process.platform !== 'linux') return;
    expect(found).toEqual({
      words: ['sh', '-c', 'echo up; read line', 'out put/a b.ipynb'],
      cwd,
      sessionName: '/work/driver.ipynb',
    });
  } finally {
    other.kill();
  }
});

test('without a word of Jupyter it is the parent, and a process that has ended is none', () => {
  expect(readParentProcess({})).not.toBeNull();
  expect(readParentProcess({ JPY_PARENT_PID: '0' })).toEqual(readParentProcess({}));
  expect(readParentProcess({ JPY_PARENT_PID: '4194305' })).toBeNull();
});
