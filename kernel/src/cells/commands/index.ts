/** Cells of line magics: one command after another, until one fails. */
import type { Command, CommandName, CommandsCell } from '@policybook/language';
import type { CellExecution } from '../../cell-service';
import { quoteCodeLine, refuse, type CellFailure, type CellResult } from '../errors/cell-failure';
import { readCommandCell } from '../declarations/read-declaration';
import type { Notebook } from '../notebook/notebook';
import { attach } from './attach';
import { audit } from './audit';
import type { CommandHandler } from './command-handler';
import { consent } from './consent';
import { diff } from './diff';
import { doctor } from './doctor';
import { exportPolicy } from './export';
import { replay } from './replay';
import { runs } from './runs';
import { stop } from './stop';
import { wait } from './wait';

const handlers: Readonly<Record<CommandName, CommandHandler>> = {
  runs,
  diff,
  export: exportPolicy,
  attach,
  replay,
  audit,
  stop,
  wait,
  doctor,
  consent,
};

export async function runCommands(
  notebook: Notebook,
  cell: CommandsCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const commands = await readCommandCell(cell, execution);
  if (!commands.ok) return commands;
  await execution.register({ declarations: [] });
  for (const command of commands.value) {
    const outcome = await handlers[command.name](notebook, command, execution);
    if (!outcome.ok) return located(cell.code, command, outcome.error);
  }
  return { ok: true, value: null };
}

/** Which of the cell's commands failed; an interrupt is nobody's fault. */
function located(code: string, { line }: Command, { name, message, detail = [] }: CellFailure): CellResult<never> {
  if (name === 'KeyboardInterrupt') return refuse(name, message, detail);
  return refuse(name, `line ${line}: ${message}`, [...quoteCodeLine(code, line), ...detail]);
}
