/** What every command is: one line magic, run in its notebook. */
import type { Command } from '@policybook/language';
import type { CellExecution } from '../../cell-service';
import type { CellResult } from '../errors/cell-failure';
import type { Notebook } from '../notebook/notebook';

export type CommandHandler = (
  notebook: Notebook,
  command: Command,
  execution: CellExecution,
) => Promise<CellResult<null>>;
