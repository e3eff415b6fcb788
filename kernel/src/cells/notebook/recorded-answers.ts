/** The answers that another run has recorded of its author, by its name or the path of its folder; nothing of it is written. */
import { basename, dirname, resolve } from 'node:path';
import { describeReplay, type RecordedAnswers } from '@policybook/authors';
import type { AuthorSettings } from '@policybook/engine';
import { isRunPath, type AuthorDeclaration } from '@policybook/language';
import type { EnvironmentSpec } from '@policybook/protocol';
import { catchStoreErrors, readCalls, readRun } from '@policybook/store';
import { refuse, succeed, type CellResult } from '../errors/cell-failure';
import type { Notebook } from './notebook';
import { readSoundRun, type ReadRun } from './references';

/** The run that an author is to write in. */
export interface AuthoredRun {
  readonly run: string;
  readonly environment: EnvironmentSpec;
}

/** Completes an author's settings: those of a replay have the settings of the author that it replays. */
export async function resolveAuthor(
  notebook: Notebook,
  author: AuthorDeclaration,
  authored: AuthoredRun,
): Promise<CellResult<AuthorSettings>> {
  const { run, environment } = authored;
  if ('choose' in author) return resolveMembers(notebook, author, authored);
  if (!('strict' in author)) return succeed(author);
  if (author.run === run)
    return refuse(
      'AuthorError',
      `a run cannot replay itself: the cell takes the name ${run} from the run that it replays; write %%learn … as another name`,
    );
  const recorded = await readRecordedRun(notebook, author.run);
  if (!recorded.ok) return recorded;
  const [own, other] = [environment, recorded.value.state.settings.environment].map(nameEnvironment);
  if (own !== other)
    return refuse(
      'AuthorError',
      `${author.run} learned in ${other}, and this cell learns in ${own}: its answers are replayed in the environment that they were written for`,
    );
  const answers = await readAnswers(recorded.value);
  return answers.ok ? succeed(describeReplay(author, answers.value)) : answers;
}

/** Names an environment alike in all notebooks: an id without the module that registers it, or a simulator's class. */
function nameEnvironment({ id, simulator }: EnvironmentSpec): string {
  return id?.replace(/^.*:/, '') ?? simulator?.name ?? '';
}

async function resolveMembers(
  notebook: Notebook,
  several: Extract<AuthorDeclaration, { choose: string }>,
  authored: AuthoredRun,
): Promise<CellResult<AuthorSettings>> {
  const of = [];
  for (const member of several.of) {
    const author = await resolveAuthor(notebook, member.author, authored);
    if (!author.ok) return author;
    of.push({ ...member, author: author.value });
  }
  return succeed({ ...several, of });
}

/** Reads what a run has recorded of its author's answers. */
export async function readRecordedAnswers(
  notebook: Notebook,
  run: string,
): Promise<CellResult<RecordedAnswers>> {
  const recorded = await readRecordedRun(notebook, run);
  return recorded.ok ? readAnswers(recorded.value) : recorded;
}

function readRecordedRun(notebook: Notebook, run: string): ReturnType<typeof readSoundRun> {
  return isRunPath(run) ? readRunAt(notebook, run) : readSoundRun(notebook, run);
}

async function readAnswers({ path, events, state }: ReadRun): Promise<CellResult<RecordedAnswers>> {
  const calls = await catchStoreErrors(path, () => readCalls(path));
  if (!calls.ok) return refuse('RunError', calls.message, [], calls);
  const failures = events.flatMap((event) => (event.type === 'author_failed' ? [event] : []));
  const { settings, probed } = state;
  return succeed({ author: settings.author, calls: calls.value, failures, isProbed: probed !== null });
}

/** Reads the run in a folder that the notebook names by its path. */
async function readRunAt(notebook: Notebook, path: string): ReturnType<typeof readSoundRun> {
  const folder = resolve(notebook.folder, path);
  const stored = await readRun(dirname(folder), basename(folder));
  if (!stored.ok)
    return refuse('ReferenceError', `${path} is the folder of no run: ${stored.message}`, [], stored);
  const { events, state, clocks, unreadable } = stored.value;
  if (state === null || unreadable !== null)
    return refuse('RunError', unreadable?.message ?? `the run in ${path} has not started`);
  return succeed({ path: stored.value.path, events, state, clocks });
}
