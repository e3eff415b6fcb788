/** The browser that the e2e tests drive: Debian's Chromium, installed where it is missing and can be. */
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fail, step } from './run.mjs';

const places = [
  process.env.POLICYBOOK_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export function chromium() {
  const found = () => places.find((path) => path && existsSync(path));
  if (!found() && process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    step('installing Chromium for the browser tests');
    const quiet = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    spawnSync('apt-get', ['update', '-qq'], quiet);
    spawnSync('apt-get', ['install', '-y', '-qq', 'chromium'], quiet);
  }
  return (
    found() ??
    fail(
      'the browser tests need Chromium, which is not here and could not be installed.\n' +
        'Install it (Debian, Ubuntu: sudo apt-get install chromium) or set POLICYBOOK_CHROMIUM to its path, then run npm test again.',
    )
  );
}
