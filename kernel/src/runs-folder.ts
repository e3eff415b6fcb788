/** Where a notebook's runs are. The workbench gets it at its start, and so it stands apart from the cells, which load late. */
import { join } from 'node:path';
import type { KernelServices } from './cell-service';

type NotebookPlace = Pick<KernelServices, 'sessionName' | 'cwd'>;

/** The absolute path of `policybook-runs/NOTEBOOK`. */
export const resolveRunsFolder = (place: NotebookPlace): string =>
  join(place.cwd, 'policybook-runs', deriveNotebookName(place));

/** Derives the stem of the notebook's file where the server says it, else the folder's own name. */
function deriveNotebookName({ sessionName, cwd }: NotebookPlace): string {
  const path = sessionName ?? '';
  // A console's session is a bare id and names no file.
  const file = path.endsWith('.ipynb') ? path : cwd;
  const stem =
    file
      .split(/[\\/]/)
      .filter(Boolean)
      .at(-1)
      ?.replace(/\.ipynb$/, '') ?? '';
  return stem === '' ? 'notebook' : stem;
}
