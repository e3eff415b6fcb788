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
import type { CellExecution } from '../cell-service';
import { declarationError, found, type Outcome } from './cell-error';

/** The declaration of a cell; nothing is declared by an error. */
export async function declare(cell: YamlCell, execution: CellExecution): Promise<Outcome<Declaration>> {
  const drafted = draft(cell);
  if (!drafted.ok) return declarationError(cell.code, drafted.problems);
  const { holes } = drafted.value;
  const values = await evaluateAll(holes, execution);
  if (!values.ok) return values;
  const filled = fill(drafted.value, values.value);
  return filled.ok ? found(filled.value) : declarationError(cell.code, filled.problems);
}

/** The checked commands of a cell of line magics, their `{…}` filled in. */
export async function readCell(
  cell: CommandsCell,
  execution: CellExecution,
): Promise<Outcome<readonly Command[]>> {
  const values = await evaluateAll(expansions(cell), execution);
  if (!values.ok) return values;
  const commands = readCommands(cell, values.value);
  return commands.ok ? found(commands.value) : declarationError(cell.code, commands.problems);
}

async function evaluateAll(
  expressions: readonly { readonly expression: string; readonly span: Span }[],
  execution: CellExecution,
): Promise<Outcome<readonly Json[]>> {
  const values: Json[] = [];
  for (const { expression, span } of expressions) {
    const value = await execution.evaluate(expression);
    if (!value.ok) {
      const message = `${expression} could not be evaluated: ${value.code}: ${value.message}`;
      return declarationError(execution.code, [problemOver(execution.code, span, message)]);
    }
    values.push(value.value);
  }
  return found(values);
}
