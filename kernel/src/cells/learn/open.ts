/** A `%%learn` cell, resolved, on its way into a run folder or into several. */
import { authorObstacle } from '@policybook/authors';
import type { Failure } from '@policybook/protocol';
import type { RunSettings } from '@policybook/engine';
import type { LearnCell, LearnDeclaration } from '@policybook/language';
import { StoreError } from '@policybook/store';
import type { CellExecution } from '../../cell-service';
import { refuse, type CellResult } from '../errors/cell-failure';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import { registerEnvironment } from '../declarations/registration';

export interface Learning {
  readonly cell: LearnCell;
  readonly declaration: LearnDeclaration;
  readonly environment: DeclaredEnvironment;
  readonly settings: RunSettings;
  /** Why no policy may run here; it keeps no record from being shown. */
  readonly unconfined: Failure | null;
}

/** What opening the folder of a run, or of a repeated one, is told. */
export function folderDeclaration(
  notebook: Notebook,
  { cell, declaration, environment, settings, unconfined }: Learning,
) {
  return {
    run: declaration.run,
    settings,
    cell: cell.code,
    environment: environment.facts.versions,
    again: declaration.again,
    obstacle: () => unconfined ?? authorObstacle(settings.author, notebook.services.env),
  };
}

/** Why a folder could not be opened. */
export function openingError(failure: Failure): CellResult<never> {
  if (failure.code === 'consent_needed') return refuseEvaluatorFailure(failure);
  return refuse(failure.code === 'missing_key' ? 'AuthorError' : 'RunError', failure.message);
}

/** Does what writes folders: their failures end the cell in words, and they are closed whatever happens. */
export async function writing(
  folder: { close(): Promise<void> },
  work: () => Promise<CellResult<null>>,
): Promise<CellResult<null>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) return refuse('RunError', error.message, [`code: ${error.code}`]);
    throw error;
  } finally {
    await folder.close();
  }
}

/** Tells the workbench what the cell has declared. */
export async function registerLearning(
  execution: CellExecution,
  { declaration, environment }: Learning,
  path: string,
): Promise<void> {
  const learned = { kind: 'learn', name: declaration.run, folder: path, environment: environment.name };
  await execution.register({ declarations: [registerEnvironment(environment), learned] });
}
