import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  formatEndpoint,
  readConnectionFile,
  writeConnectionFile,
  type ConnectionInfo,
} from '../../../packages/wire/src';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'wire-'))));
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const info: ConnectionInfo = {
  transport: 'ipc',
  ip: '/tmp/x',
  ports: { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 },
  key: 'secret',
  signatureScheme: 'hmac-sha256',
};

test('a written file is read back unchanged, and only its owner may read it', () => {
  const path = join(folder, 'kernel.json');
  writeConnectionFile(path, info);
  expect(readConnectionFile(path)).toEqual({ ok: true, info });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ shell_port: 1, hb_port: 5 });
});

test('an address has the form that its transport asks for', () => {
  expect(formatEndpoint(info, 'shell')).toBe('ipc:///tmp/x-1');
  expect(formatEndpoint({ ...info, transport: 'tcp', ip: '127.0.0.1' }, 'hb')).toBe('tcp://127.0.0.1:5');
});

test.each([
  ['nonsense', 'invalid', /not a JSON object/],
  ['{"transport": "carrier pigeon"}', 'invalid', /carrier pigeon/],
  ['{"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4}', 'invalid', /hb_port is missing/],
])('%s is refused', (text, code, message) => {
  const path = join(folder, 'bad.json');
  writeFileSync(path, text);
  const file = readConnectionFile(path);
  expect(file).toMatchObject({ ok: false, code });
  expect(!file.ok && file.message).toMatch(message);
});

test('the message about a missing file names it', () => {
  expect(readConnectionFile(join(folder, 'none.json'))).toMatchObject({ ok: false, code: 'unreadable' });
});
