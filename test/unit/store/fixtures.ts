import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent, RunSettings } from '@policybook/engine';
import { openRun, type OpenedRun, type RunDeclaration } from '@policybook/store';
import { toyFacts, toySettings } from '../engine/simulation';

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
  change: Partial<RunDeclaration> = {},
  settings: Partial<RunSettings> = {},
): RunDeclaration {
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
export async function opened(root: string, declared: RunDeclaration = declaration()): Promise<OpenedRun> {
  const run = await openRun(root, declared);
  if (!run.ok) throw new Error(`${run.code}: ${run.message}`);
  return run.value;
}

export function declared(settings: Partial<RunSettings> = {}): RunEvent {
  return { type: 'run_declared', format: 2, run: 'first', settings: toySettings(settings), facts: toyFacts };
}

export function answered(generation: number): RunEvent {
  return {
    type: 'author_answered',
    generation,
    author: 'search',
    proposals: 0,
    findings: ['größer “quoted”'],
    exhausted: false,
    call: null,
    usage: { episodes: 3 },
  };
}

export function stopped(reason: 'interrupted' | 'exhausted'): RunEvent {
  return { type: 'run_stopped', reason, message: '' };
}

export const clocks = { wallSeconds: 1.5, cpuSeconds: 0.25 };
