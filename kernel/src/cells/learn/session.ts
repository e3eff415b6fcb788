/** One session of one run, which learns in its open folder until it stops: of a single run, a replicate or a contestant. */
import { join, resolve } from 'node:path';
import { createAuthor } from '@policybook/authors';
import {
  RecordDivergedError,
  isFinished,
  learn,
  type RunEvent,
  type RunObserver,
  type RunSettings,
  type RunState,
} from '@policybook/engine';
import { NumberedFolders, type RecordedRun } from '@policybook/store';
import { isWrittenSince } from '../declarations/current-environment';
import { refuse, succeed, type CellResult } from '../errors/cell-failure';
import { refuseStoreErrors } from '../errors/system-error';
import type { RunInbox } from '../notebook/inboxes';
import type { Notebook } from '../notebook/notebook';
import { readRecordedAnswers } from '../notebook/recorded-answers';
import { runProgram } from '../notebook/run-program';
import { SYSTEM_CLOCK } from '../notebook/system-clock';
import { watchEnvironmentOutput } from '../outputs/environment-output';
import type { OutputSink } from '../outputs/output-sink';
import { announceServer } from './announce-server';
import { openRunFolder, writeLines } from './open';
import type { RunPlan } from './plan';

/** The folder of a run in which programs are asked for policies. */
const REQUESTS_FOLDER = 'requests';

/** What a session writes into and reports to. */
export interface SessionPorts {
  /** The run's folder, with the record of earlier sessions. */
  readonly recorded: RecordedRun;
  readonly observer: RunObserver;
  readonly sink: Pick<OutputSink, 'stream' | 'signal' | 'notice'>;
  /** The record of an earlier run of the same declaration that this one reproduces; `null` for none. */
  readonly reproduces: readonly RunEvent[] | null;
  /** What the user says to the run; `null` where nothing can be said, as to a replicate. */
  readonly inbox: RunInbox | null;
}

/** Learns until the run stops, and returns its state. Refuses where there can be no such author or the record does not fit. */
export async function runSession(
  notebook: Notebook,
  { run, settings, environment, cellClock }: RunPlan,
  { recorded, observer, sink, reproduces, inbox }: SessionPorts,
): Promise<CellResult<RunState>> {
  const { folder, events } = recorded;
  const startedAt = SYSTEM_CLOCK.now();
  const wallSeconds = recorded.clocks.wallSeconds + (cellClock?.seconds ?? 0);
  const clocks = { ...recorded.clocks, wallSeconds };
  const { wallSeconds: limit } = settings.budget;
  const watched = watchEnvironmentOutput(notebook.evaluator, sink);
  const { evaluator } = watched;
  const variables = await notebook.keys.findVariables(settings.author);
  const author = createAuthor(settings.author, {
    evaluator,
    calls: folder.calls,
    variables,
    readRecordedAnswers: (name) => readRecordedAnswers(notebook, name),
    announceServer: (server) => announceServer(notebook, server),
    openRequests: (path) =>
      new NumberedFolders(
        path === null ? join(folder.path, REQUESTS_FOLDER) : resolve(notebook.folder, path, run),
      ),
    // A run that waits for a cell in its own cell would wait for ever.
    waitForMessage: inbox?.isInBackground === true ? (signal) => inbox.waitForMessage(signal) : null,
    runProgram: (program) => runProgram(program, variables, notebook.folder),
    measureSecondsLeft: () =>
      limit === null ? null : Math.max(0, limit - wallSeconds - (SYSTEM_CLOCK.now() - startedAt) / 1000),
    notice: (message) => {
      if (sink.notice === undefined) sink.stream('stderr', `${message}\n`);
      else sink.notice(`${message}\n`);
    },
  });
  if (!author.ok) return refuse('AuthorError', author.message, [], author);
  const ports = {
    author: author.value,
    evaluator,
    journal: folder,
    clock: SYSTEM_CLOCK,
    observer: notebook.background.watch(run, observer),
    ...(inbox !== null && { inbox }),
  };
  const options = {
    signal: sink.signal,
    resumeFrom: events,
    clocks,
    ...(reproduces !== null && { reproduces }),
  };
  let reached: RunState | null = null;
  try {
    const state = await learn({ run, settings, facts: environment.facts }, ports, options);
    reached = state;
    watched.close();
    if (await isAnyWrittenSince(notebook, settings))
      sink.stream(
        'stderr',
        `files of the environment were written while ${run} was learning, and some of its episodes may be of the changed environment: run the cell again, which learns from the beginning where their content is another\n`,
      );
    return succeed(state);
  } catch (error) {
    if (error instanceof RecordDivergedError)
      return refuse(
        'RunError',
        `${formatDivergence(run, error)} \`again: true\` learns it from its beginning.`,
      );
    throw error;
  } finally {
    await author.value.close?.(reached);
  }
}

/** Whether files of the environment, or of one that is named as its variant, have been written since. */
async function isAnyWrittenSince(
  notebook: Notebook,
  { environment, simplify }: RunSettings,
): Promise<boolean> {
  const variants = typeof simplify === 'boolean' ? [] : simplify.on.map((variant) => variant.environment);
  const written = [environment, ...variants].map((each) => isWrittenSince(notebook, each));
  return (await Promise.all(written)).some(Boolean);
}

/** Learns one replicate, goes on with it, or finds that it has finished. Only its own folder is opened and closed. */
export async function runReplicate(
  notebook: Notebook,
  replicate: RunPlan,
  observer: RunObserver,
  sink: Pick<OutputSink, 'stream' | 'signal' | 'notice'>,
): Promise<CellResult<RunState>> {
  const opened = await openRunFolder(notebook, replicate);
  if (!opened.ok) return opened;
  const recorded = opened.value;
  try {
    writeLines(recorded.repaired === null ? [] : [recorded.repaired], sink);
    const before = recorded.state;
    if (before !== null && isFinished(before)) return succeed(before);
    return await runSession(notebook, replicate, { recorded, observer, sink, reproduces: null, inbox: null });
  } finally {
    await recorded.folder.close();
  }
}

/** Says that the record of a run or a comparison does not fit what this version makes of its declaration. */
export function formatDivergence(name: string, { position, recorded, found }: RecordDivergedError): string {
  return `the record of ${name} cannot be continued: event ${position + 1} is ${recorded}, this version computes ${found}.`;
}

/** Does work that writes into a folder. A failure to write is an error of the cell, and the folder is closed in any case. */
export async function closeAfter(
  folder: { close(): Promise<void> },
  work: () => Promise<CellResult<null>>,
): Promise<CellResult<null>> {
  return refuseStoreErrors(async () => {
    try {
      return await work();
    } finally {
      await folder.close();
    }
  });
}

/** Does the work of a session. Its view would say for ever that the work goes on, where that ends in an error. */
export async function showOnError<T>(view: { showError(): void }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    view.showError();
    throw error;
  }
}
