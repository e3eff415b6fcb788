/** Where a run's outputs go while it learns, and what ends it: its cell, or the background that its cell left it in. */
import type { CellExecution } from '../../cell-service';
import type { CellResult } from '../errors/cell-failure';
import { succeed, refuse } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';

export type OutputSink = Pick<CellExecution, 'display' | 'stream' | 'signal'>;

/** Why a run that is learning in the background is not begun again. */
export function stillLearning(notebook: Notebook, run: string): CellResult<never> | null {
  if (!notebook.background.has(run)) return null;
  return refuse(
    'RunError',
    `${run} is learning in the background: %wait ${run} waits for it, %stop ${run} ends it`,
  );
}

/** Does the work in the cell, or lets the cell end and goes on under it: its outputs stay where they are. */
export function conduct(
  notebook: Notebook,
  { run, background }: { readonly run: string; readonly background: boolean },
  execution: CellExecution,
  work: (sitting: OutputSink) => Promise<CellResult<null>>,
): Promise<CellResult<null>> {
  if (!background) return work(execution);
  const display: OutputSink['display'] = (data, metadata) => execution.display(data, metadata);
  const stream: OutputSink['stream'] = (name, text) => {
    execution.stream(name, text);
  };
  notebook.background.begin(
    run,
    (signal) => work({ display, stream, signal }),
    (outcome) => {
      if (!outcome.ok) stream('stderr', `${outcome.error.name}: ${outcome.error.message}\n`);
    },
  );
  return Promise.resolve(succeed(null));
}
