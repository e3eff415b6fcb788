import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeptTrace } from '@policybook/engine';
import { TraceFiles } from '@policybook/store';
import { MAX_TRACES } from '../../../packages/store/src/trace-files';

const step = {
  ...{ step: 1, lines: [], variables: { push: '0.5' }, observation: [1] },
  ...{ action: 1, reward: 1, returned: 1 },
};
const trace = (seed: number): KeptTrace => ({
  ...{ seed, return: 3, terminated: true, truncated: false, length: 1, lines: [[2, 1]] },
  ...{ steps: [step], extremes: { '0': [1, 1] }, failure: null },
});
const key = (number: number): string =>
  String(number).padStart(64, '0').slice(-64).split('').reverse().join('');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policybook-traces-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('finds a trace again by its key', async () => {
  const traces = new TraceFiles(folder);
  expect(await traces.find(key(1))).toBeNull();
  await traces.keep(key(1), trace(1));
  expect(await new TraceFiles(folder).find(key(1))).toEqual(trace(1));
  expect(await traces.find(key(2))).toBeNull();
});

it('takes a file of another form for none', async () => {
  const traces = new TraceFiles(folder);
  await traces.keep(key(1), trace(1));
  const [name = ''] = await readdir(join(folder, 'traces'));
  for (const text of ['{"seed":1}', '{"se', '']) {
    await writeFile(join(folder, 'traces', name), text);
    expect(await traces.find(key(1))).toBeNull();
  }
});

it('is in the way of nothing where the folder cannot be written to, is gone, or holds something else', async () => {
  for (const path of ['/sys', join(folder, 'gone')]) {
    await new TraceFiles(path).keep(key(1), trace(1));
    expect(await new TraceFiles(path).find(key(1))).toBeNull();
  }
  await writeFile(join(folder, 'traces'), 'a file of somebody else’s');
  await new TraceFiles(folder).keep(key(1), trace(1));
  expect(await new TraceFiles(folder).find(key(1))).toBeNull();
  expect(await readdir(folder)).toEqual(['traces']);
});

it('keeps so many traces at most, the oldest going first, and none that is too large', async () => {
  const traces = new TraceFiles(folder);
  await mkdir(join(folder, 'traces'));
  for (let number = 0; number < MAX_TRACES; number++) {
    const path = join(folder, 'traces', `${key(number).slice(0, 32)}.json`);
    await writeFile(path, JSON.stringify(trace(number)));
    await utimes(path, 1000 + number, 1000 + number);
  }
  await traces.keep(key(MAX_TRACES), trace(MAX_TRACES));
  expect(await readdir(join(folder, 'traces'))).toHaveLength(MAX_TRACES);
  expect(await traces.find(key(0))).toBeNull();
  expect(await traces.find(key(1))).toEqual(trace(1));
  await traces.keep(key(99), {
    ...trace(99),
    steps: [{ ...step, variables: { push: '€'.repeat(400_000) } }],
  });
  expect(await traces.find(key(99))).toBeNull();
});
