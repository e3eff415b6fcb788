/** Runs a program with its output on ours, and ends this process with a clear message when it fails. */
import { spawnSync } from 'node:child_process';
import { root } from './places.mjs';

export function run(program, args, options = {}) {
  const done = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (done.error) fail(`could not start ${program}: ${done.error.message}`);
  if (done.status !== 0)
    fail(`${[program, ...args].join(' ')} ended with ${done.signal ?? `code ${done.status}`}`);
}

export function step(text) {
  console.log(`\u2014 ${text}`);
}

export function fail(message) {
  console.error(`\npolicybook: ${message}`);
  process.exit(1);
}
