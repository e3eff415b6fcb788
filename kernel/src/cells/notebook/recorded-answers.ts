/** The answers that another run has recorded of its author, by its name or the path of its folder; nothing of it is written. */
import { basename, dirname, resolve } from 'node:path';
import { describeReplay, type RecordedAnswers } from '@policybook/authors';
import type { AuthorSettings } from '@policybook/engine';
import { isRunPath, type AuthorDeclaration } from '@policybook/language';
import { catchStoreErrors, readCalls, readRun } from '@policybook/store';
import { refuse, succeed, type CellResult } from '../errors/cell-failure';
import type { Notebook } from './notebook';
import { readSoundRun } from './references';

/** Completes an author's settings: those of a replay have the settings of the author that it replays. */
export async function resolveAuthor(
  notebook: Notebook,
  author: AuthorDeclaration,
  run: string,
): Promise<CellResult<AuthorSettings>> {
  if ('choose' in author) return resolveMembers(notebook, author, run);
  if (!('strict' in author)) return succeed(author);
  if (author.run === run)
    return refuse(
      'AuthorError',
      `a run cannot replay itself: the cell takes the name ${run} from the run that it replays; write %%learn … as another name`,
    );
  const recorded = await readRecordedAnswers(notebook, author.run);
  return recorded.ok ? succeed(describeReplay(author, recorded.value)) : recorded;
}

async function resolveMembers(
  notebook: Notebook,
  several: Extract<AuthorDeclaration, { choose: string }>,
  run: string,
): Promise<CellResult<AuthorSettings>> {
  const of = [];
  for (const member of several.of) {
    const author = await resolveAuthor(notebook, member.author, run);
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
  const recorded = isRunPath(run) ? await readRunAt(notebook, run) : await readSoundRun(notebook, run);
  if (!recorded.ok) return recorded;
  const { path, events, state } = recorded.value;
  const calls = await catchStoreErrors(path, () => readCalls(path));
  if (!calls.ok) return refuse('RunError', calls.message, [], calls);
  const failures = events.flatMap((event) => (event.type === 'author_failed' ? [event] : []));
  return succeed({ author: state.settings.author, calls: calls.value, failures });
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
