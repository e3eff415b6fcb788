/** Cells of commands: one command after another, until one fails. */
import type { Command, CommandName, CommandsCell } from '@policybook/language';
import type { CellExecution } from '../../cell-service';
import { quoteCodeLine, refuse, succeed, type CellFailure, type CellResult } from '../errors/cell-failure';
import { readCommandCell } from '../declarations/read-declaration';
import type { Notebook } from '../notebook/notebook';
import { accept } from './accept';
import { attach } from './attach';
import { audit } from './audit';
import type { CommandHandler } from './command-handler';
import { consent } from './consent';
import { showDiff } from './diff';
import { runDoctor } from './doctor';
import { exportPolicy } from './export';
import { note } from './note';
import { reject } from './reject';
import { replay } from './replay';
import { showRuns } from './runs';
import { stop } from './stop';
import { wait } from './wait';

const HANDLERS: Readonly<Record<CommandName, CommandHandler>> = {
  runs: showRuns,
  diff: showDiff,
  export: exportPolicy,
  attach,
  replay,
  audit,
  stop,
  note,
  accept,
  reject,
  wait,
  doctor: runDoctor,
  consent,
};

/** Runs the commands of a cell in order, until one fails; where there are several, the failure says in which line. */
export async function runCommands(
  notebook: Notebook,
  cell: CommandsCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const commands = await readCommandCell(cell, execution);
  if (!commands.ok) return commands;
  await execution.register({ declarations: [] });
  for (const command of commands.value) {
    const result = await HANDLERS[command.name](notebook, command, execution);
    // In a cell of one command there is nothing to tell apart.
    if (!result.ok) return commands.value.length > 1 ? locateFailure(cell.code, command, result) : result;
  }
  return succeed(null);
}

/** Says which of the cell's commands failed; none of them has failed by an interrupt. */
function locateFailure(code: string, { line }: Command, failure: CellFailure): CellFailure {
  const { name, message, lines } = failure;
  if (name === 'KeyboardInterrupt') return failure;
  return refuse(name, `line ${line}: ${message}`, [...quoteCodeLine(code, line), ...lines], failure);
}
