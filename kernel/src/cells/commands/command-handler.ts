/** What every command is: one line magic, run in its notebook. */
import type { Command } from '@policybook/language';
import type { CellExecution } from '../../cell-service';
import type { Outcome } from '../cell-error';
import type { Notebook } from '../notebook';

export type CommandHandler = (
  notebook: Notebook,
  command: Command,
  execution: CellExecution,
) => Promise<Outcome<null>>;
