/** Completion, inspection and completeness of policybook cells; for Python bodies the workbench answers, with offsets moved. */
import { complete, inspect, isComplete, parseCell, type EditorFacts } from '@policybook/language';
import type { CompleteReply, InspectReply, IsCompleteReply } from '@policybook/wire';
import { listComparisons, listRuns, splitReplicate, type StoredRun } from '@policybook/store';
import type { Notebook } from './notebook/notebook';

/** Milliseconds that completion waits for the list of registered environments before it answers without. */
const ENVIRONMENT_LIST_MS = 1500;

/** Answers an editor's questions about policybook cells. `undefined` leaves a question to the workbench. */
export class Editor {
  private knownIds: Promise<readonly string[]> | undefined;

  constructor(private readonly notebook: Notebook) {}

  async complete(code: string, cursor: number): Promise<CompleteReply | undefined> {
    const python = findPythonBody(code, cursor);
    if (python !== null) {
      const answer = await this.notebook.services.workbench.complete(python.text, cursor - python.offset);
      if (answer === undefined) return undefined;
      return {
        ...answer,
        cursor_start: answer.cursor_start + python.offset,
        cursor_end: answer.cursor_end + python.offset,
      };
    }
    const completion = complete(code, cursor, await this.gatherFacts());
    if (completion === undefined) return undefined;
    const { matches, start, end } = completion;
    return {
      status: 'ok',
      matches: matches.map(({ text }) => text),
      cursor_start: start,
      cursor_end: end,
      metadata: {
        _jupyter_types_experimental: matches.map(({ text, kind, about }) => ({
          start,
          end,
          text,
          type: kind,
          signature: about,
        })),
      },
    };
  }

  async inspect(code: string, cursor: number, detail: 0 | 1): Promise<InspectReply | undefined> {
    const python = findPythonBody(code, cursor);
    if (python !== null)
      return this.notebook.services.workbench.inspect(python.text, cursor - python.offset, detail);
    const inspection = inspect(code, cursor, await this.gatherFacts());
    if (inspection === undefined) return undefined;
    return inspection.found
      ? { status: 'ok', found: true, data: { 'text/plain': inspection.text }, metadata: {} }
      : { status: 'ok', found: false, data: {}, metadata: {} };
  }

  isComplete(code: string): IsCompleteReply | undefined {
    return isComplete(code);
  }

  private async gatherFacts(): Promise<EditorFacts> {
    const { environments, policies, runsFolder } = this.notebook;
    const stored = await listRuns(runsFolder);
    const runs = stored.map(({ run }) => run);
    return {
      environmentIds: await this.listEnvironmentIds(),
      environments: [...environments.keys()],
      runs: [...new Set([...runs.map((run) => splitReplicate(run).run), ...runs])],
      candidates: (run) => listCandidates(stored.find((each) => each.run === run)),
      comparisons: (await listComparisons(runsFolder)).map(({ comparison }) => comparison),
      policies: [...policies.keys()],
    };
  }

  /**
   * Lists the registered environments. They are requested once, because what is installed changes only with a restart; after
   * a failure they are requested again. A slow first answer is there for the next key press.
   */
  private listEnvironmentIds(): Promise<readonly string[]> {
    this.knownIds ??= this.requestEnvironmentIds();
    const late = new Promise<readonly string[]>((resolve) => {
      setTimeout(() => {
        resolve([]);
      }, ENVIRONMENT_LIST_MS).unref();
    });
    return Promise.race([this.knownIds, late]);
  }

  private async requestEnvironmentIds(): Promise<readonly string[]> {
    const { signal } = new AbortController();
    const answer = await this.notebook.evaluator.request('environment.list', {}, { signal });
    if (answer.ok) return answer.value.ids;
    this.knownIds = undefined;
    return [];
  }
}

function listCandidates(run: StoredRun | undefined): readonly number[] {
  return [...(run?.state?.candidates.keys() ?? [])];
}

/** Finds the Python part of a `%%policy` or `%%simulator` cell when the cursor stands in it. */
function findPythonBody(
  code: string,
  cursor: number,
): { readonly text: string; readonly offset: number } | null {
  const cell = parseCell(code);
  if (cell?.kind !== 'policy' && cell?.kind !== 'simulator') return null;
  return cursor >= cell.body.offset ? cell.body : null;
}
