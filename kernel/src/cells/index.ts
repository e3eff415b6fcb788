/** policybook's cells: the bundle that the kernel loads at the first policybook cell. */
import { parseCell, type Cell } from '@policybook/language';
import type { Evaluator } from '@policybook/engine';
import type { CellExecution, CellOutcome, CellService, KernelServices } from '../cell-service';
import { refuseDeclaration, formatCellFailure, refuse, type CellResult } from './errors/cell-failure';
import { refuseStoreErrors } from './errors/system-error';
import { runCommands } from './commands';
import { runCompare } from './compare';
import { runEnvironment, runPolicy, runSimulator } from './declarations/declaration-cells';
import { markUnrepeatable } from './declarations/repeatability';
import { Editor } from './editor';
import { runLearn } from './learn';
import { EvaluatorPort } from './notebook/evaluator-port';
import { Notebook } from './notebook/notebook';
import { takePageMessage } from './page-messages';
import { watchRepetitions } from './notebook/repeated-episodes';

/** Creates the service that runs, completes and inspects the policybook cells of one notebook. */
export function createCellService(
  services: KernelServices,
  evaluator: Evaluator = new EvaluatorPort(services.evaluator),
): CellService {
  const watched = watchRepetitions(evaluator, (environment, found) => {
    markUnrepeatable(notebook, environment, found);
  });
  const notebook: Notebook = new Notebook(services, watched);
  const editor = new Editor(notebook);
  return {
    run: (execution) => runCell(notebook, execution),
    complete: (code, cursor) => editor.complete(code, cursor),
    inspect: (code, cursor, detail) => editor.inspect(code, cursor, detail),
    isComplete: (code) => editor.isComplete(code),
    takePageMessage: (message) => takePageMessage(notebook, message),
    dispose: () => notebook.background.dispose(),
  };
}

async function runCell(notebook: Notebook, execution: CellExecution): Promise<CellOutcome> {
  const announced = execution.silent ? null : notebook.services.identity.announce();
  if (announced !== null) execution.stream('stdout', `${announced}\n`);
  const cell = parseCell(execution.code);
  const result: CellResult<null> =
    cell === undefined
      ? refuse(
          'DeclarationError',
          'this is not a policybook cell: its first line must be %%learn, %%policy, … or a command',
        )
      : await refuseStoreErrors(() => dispatch(notebook, cell, execution));
  return result.ok ? { status: 'ok' } : formatCellFailure(result);
}

function dispatch(notebook: Notebook, cell: Cell, execution: CellExecution): Promise<CellResult<null>> {
  switch (cell.kind) {
    case 'environment':
      return runEnvironment(notebook, cell, execution);
    case 'simulator':
      return runSimulator(notebook, cell, execution);
    case 'policy':
      return runPolicy(notebook, cell, execution);
    case 'learn':
      return runLearn(notebook, cell, execution);
    case 'commands':
      return runCommands(notebook, cell, execution);
    case 'compare':
      return runCompare(notebook, cell, execution);
    case 'invalid':
      return Promise.resolve(refuseDeclaration(cell.code, cell.diagnostics));
  }
}
