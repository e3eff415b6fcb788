import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent, RunSettings } from '@policybook/engine';
import { openRun, type OpenedRun, type RunFolderDeclaration } from '@policybook/store';
import { buildClocks, buildEvent } from '../../fixtures/run-events';
import { toySettings } from '../engine/simulation';

/** A folder for one test, removed after it. */
export function temporaryFolder(): () => string {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'policybook-store-'));
  });
  afterEach(async () => {
    await rm(path, { recursive: true, force: true });
  });
  return () => path;
}

export function declaration(
  change: Partial<RunFolderDeclaration> = {},
  settings: Partial<RunSettings> = {},
): RunFolderDeclaration {
  return {
    run: 'first',
    settings: toySettings(settings),
    cell: '%%learn Toy-v0 as first\nepisodes: 3000\n',
    environment: { python: '3.11.2' },
    again: false,
    ...change,
  };
}

/** Opens or fails the test. */
export async function opened(
  root: string,
  declared: RunFolderDeclaration = declaration(),
): Promise<OpenedRun> {
  const run = await openRun(root, declared);
  if (!run.ok) throw new Error(`${run.code}: ${run.message}`);
  return run.value;
}

export function declared(settings: Partial<RunSettings> = {}): RunEvent {
  return buildEvent('run_declared', { settings: toySettings(settings) });
}

export function answered(generation: number): RunEvent {
  return buildEvent('author_answered', {
    generation,
    proposals: 0,
    findings: ['größer “quoted”'],
    usage: { episodes: 3 },
  });
}

export function stopped(reason: 'interrupted' | 'exhausted'): RunEvent {
  return buildEvent('run_stopped', { reason, message: '' });
}

export const clocks = buildClocks(1.5);
