/** Where a run's outputs go while it learns, and what ends it: its cell, or the background that its cell left it in. */
import type { CellExecution } from '../cell-service';
import type { Outcome } from './cell-error';
import { found, refused } from './cell-error';
import type { Notebook } from './notebook';

export type Sitting = Pick<CellExecution, 'display' | 'stream' | 'signal'>;

/** Why a run that is learning in the background is not begun again. */
export function stillLearning(notebook: Notebook, run: string): Outcome<never> | null {
  if (!notebook.background.has(run)) return null;
  return refused(
    'RunError',
    `${run} is learning in the background: %wait ${run} waits for it, %stop ${run} ends it`,
  );
}

/** Does the work in the cell, or lets the cell end and goes on under it: its outputs stay where they are. */
export function conduct(
  notebook: Notebook,
  { run, background }: { readonly run: string; readonly background: boolean },
  execution: CellExecution,
  work: (sitting: Sitting) => Promise<Outcome<null>>,
): Promise<Outcome<null>> {
  if (!background) return work(execution);
  const display: Sitting['display'] = (data, metadata) => execution.display(data, metadata);
  const stream: Sitting['stream'] = (name, text) => {
    execution.stream(name, text);
  };
  notebook.background.begin(
    run,
    (signal) => work({ display, stream, signal }),
    (outcome) => {
      if (!outcome.ok) stream('stderr', `${outcome.error.name}: ${outcome.error.message}\n`);
    },
  );
  return Promise.resolve(found(null));
}
