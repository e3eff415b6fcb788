/** From a YAML cell to its checked declaration: `!py` expressions are evaluated in the workbench on the way. */
import {
  draftDeclaration,
  listExpansions,
  completeDeclaration,
  diagnoseExpression,
  readCommands,
  type Command,
  type CommandsCell,
  type Declaration,
  type Span,
  type YamlCell,
} from '@policybook/language';
import type { Json } from '@policybook/wire';
import type { CellExecution } from '../../cell-service';
import { refuse, refuseDeclaration, succeed, type CellResult } from '../errors/cell-failure';

/** Reads the declaration of a cell, its `!py` values evaluated; with a mistake in it, nothing is declared. */
export async function readDeclaration(
  cell: YamlCell,
  execution: CellExecution,
): Promise<CellResult<Declaration>> {
  const drafted = draftDeclaration(cell);
  if (!drafted.ok) return refuseDeclaration(cell.code, drafted.diagnostics);
  const { placeholders } = drafted.value;
  const values = await evaluateAll(
    placeholders.map((each) => ({ ...each, isExact: each.path[0] === 'kwargs' })),
    execution,
  );
  if (!values.ok) return values;
  const filled = completeDeclaration(drafted.value, values.value);
  return filled.ok ? succeed(filled.value) : refuseDeclaration(cell.code, filled.diagnostics);
}

/** Reads the checked commands of a cell of commands, their `{…}` filled in. */
export async function readCommandCell(
  cell: CommandsCell,
  execution: CellExecution,
): Promise<CellResult<readonly Command[]>> {
  const values = await evaluateAll(listExpansions(cell), execution);
  if (!values.ok) return values;
  const commands = readCommands(cell, values.value);
  return commands.ok ? succeed(commands.value) : refuseDeclaration(cell.code, commands.diagnostics);
}

interface Expression {
  readonly expression: string;
  readonly span: Span;
  /** Whether the value goes to the environment's constructor, which must not get another than Python has. */
  readonly isExact?: boolean;
}

async function evaluateAll(
  expressions: readonly Expression[],
  execution: CellExecution,
): Promise<CellResult<readonly Json[]>> {
  const values: Json[] = [];
  for (const { expression, span, isExact = false } of expressions) {
    const value = await execution.evaluate(expression, { isExact });
    if (!value.ok) {
      if (value.code === 'KeyboardInterrupt') return refuse('KeyboardInterrupt', 'the cell was stopped');
      const message =
        value.code === 'InexactValueError'
          ? `${expression}: ${value.message}`
          : `${expression} could not be evaluated: ${value.code}: ${value.message}`;
      return refuseDeclaration(execution.code, [diagnoseExpression(execution.code, span, message)]);
    }
    values.push(value.value);
  }
  return succeed(values);
}
