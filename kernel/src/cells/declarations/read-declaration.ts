/** From a YAML cell to its checked declaration: `!py` expressions are evaluated in the workbench on the way. */
import {
  draft,
  expansions,
  fill,
  problemOver,
  readCommands,
  type Command,
  type CommandsCell,
  type Declaration,
  type Span,
  type YamlCell,
} from '@policybook/language';
import type { Json } from '@policybook/wire';
import type { CellExecution } from '../../cell-service';
import { refuseDeclaration, succeed, type CellResult } from '../errors/cell-failure';

/** Reads the declaration of a cell, its `!py` values evaluated; with a mistake in it, nothing is declared. */
export async function readDeclaration(
  cell: YamlCell,
  execution: CellExecution,
): Promise<CellResult<Declaration>> {
  const drafted = draft(cell);
  if (!drafted.ok) return refuseDeclaration(cell.code, drafted.problems);
  const { holes } = drafted.value;
  const values = await evaluateAll(holes, execution);
  if (!values.ok) return values;
  const filled = fill(drafted.value, values.value);
  return filled.ok ? succeed(filled.value) : refuseDeclaration(cell.code, filled.problems);
}

/** Reads the checked commands of a cell of line magics, their `{…}` filled in. */
export async function readCommandCell(
  cell: CommandsCell,
  execution: CellExecution,
): Promise<CellResult<readonly Command[]>> {
  const values = await evaluateAll(expansions(cell), execution);
  if (!values.ok) return values;
  const commands = readCommands(cell, values.value);
  return commands.ok ? succeed(commands.value) : refuseDeclaration(cell.code, commands.problems);
}

async function evaluateAll(
  expressions: readonly { readonly expression: string; readonly span: Span }[],
  execution: CellExecution,
): Promise<CellResult<readonly Json[]>> {
  const values: Json[] = [];
  for (const { expression, span } of expressions) {
    const value = await execution.evaluate(expression);
    if (!value.ok) {
      const message = `${expression} could not be evaluated: ${value.code}: ${value.message}`;
      return refuseDeclaration(execution.code, [problemOver(execution.code, span, message)]);
    }
    values.push(value.value);
  }
  return succeed(values);
}
