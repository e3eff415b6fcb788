/**
 * `npm test`: sets up, then every test: jest (unit), pytest (unit, behaviour, integration, conformance, against the
 * installed wheel), jest (e2e, in a real browser). Closes with one line, `N passed, N failed`, over all of them.
 *
 * `npm test -- unit|python|browser` runs one part. `npm run test:long` runs the long forms alone, in the same parts: what
 * pytest marks `long`, and jest's files `*.long.test.ts`. They are run before a release.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cache, root, venvPython } from './places.mjs';
import { fail, step } from './run.mjs';
import { chromium } from './chromium.mjs';
import { setUp } from './set-up.mjs';

const parts = ['unit', 'python', 'browser'];
const pythonTests = ['integration', 'behaviour', 'conformance', 'unit'].map((folder) => join('test', folder));
const long = process.argv.includes('--long');
const wanted = process.argv.slice(2).filter((word) => word !== '--long');
if (wanted.some((part) => !parts.includes(part)))
  fail(`test parts are ${parts.join(', ')}; found ${wanted.join(' ')}`);
const runs = (part) => wanted.length === 0 || wanted.includes(part);

const browser = runs('browser') ? chromium() : undefined;
const { node, environment } = await setUp();
const reports = join(cache, 'reports');
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const counts = [];
if (runs('unit')) counts.push(await jest('unit', ['test/unit', '--maxWorkers=2']));
// Both wait a good part of their time, for kernels and for pages: side by side they keep the processors busy.
const others = [];
if (runs('python')) others.push(pytest());
if (runs('browser')) others.push(jest('browser', ['test/e2e', '--maxWorkers=1']));
counts.push(...(await Promise.all(others)));

const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 && sum('passed') > 0 ? 0 : 1);

async function jest(name, args) {
  step(`jest: ${name}`);
  const report = join(reports, `${name}.json`);
  const command = [
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...args,
    '--json',
    `--outputFile=${report}`,
    '--testLocationInResults',
    // A part may have no long form.
    ...(long ? ['--passWithNoTests'] : []),
  ];
  const env = {
    ...environment,
    POLICYBOOK_LONG_TESTS: long ? '1' : '',
    POLICYBOOK_CHROMIUM: browser ?? '',
    POLICYBOOK_PYTHON: venvPython,
  };
  const status = await finish(
    spawn(node, command, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env }),
  );
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  return atLeastOne(status, {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites + result.numPendingTests,
  });
}

async function pytest() {
  step('pytest');
  const report = join(reports, 'pytest.xml');
  const command = [
    ...['-m', 'pytest', ...pythonTests, `--junitxml=${report}`, '--durations=25'],
    // A file stays on one worker, for its kernel; the short files come last, so that both workers end together.
    ...['-n', '2', '--dist', 'loadfile', '--no-loadscope-reorder'],
    ...['-m', long ? 'long' : 'not long'],
  ];
  const status = await finish(spawn(venvPython, command, { cwd: root, stdio: 'inherit', env: environment }));
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const number = (key) =>
    Number(new RegExp(`<testsuite [^>]*\\b${key}="(\\d+)"`).exec(readFileSync(report, 'utf8'))?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  return atLeastOne(status, { passed: number('tests') - failed - number('skipped'), failed });
}

/** Waits until a process has ended; its exit status, `null` after a signal or where it could not be started. */
function finish(child) {
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (status) => resolve(status));
  });
}

/** A runner that failed without naming a failed test counts as one failure, never as success. */
function atLeastOne(status, count) {
  return status !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}
