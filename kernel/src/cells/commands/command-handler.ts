/** The form that the handler of every command has. */
import type { Command } from '@policybook/language';
import type { CellExecution } from '../../cell-service';
import type { CellResult } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';

/** Runs one command in its notebook; a failure ends the cell. */
export type CommandHandler = (
  notebook: Notebook,
  command: Command,
  execution: CellExecution,
) => Promise<CellResult<null>>;
