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
import { z } from 'zod';
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
  const filled = completeDeclaration(
    drafted.value,
    values.value.map(({ value }) => value),
    values.value.map(({ floats }) => floats),
  );
  return filled.ok ? succeed(filled.value) : refuseDeclaration(cell.code, filled.diagnostics);
}

/** Reads the checked commands of a cell of commands, their `{…}` filled in. */
export async function readCommandCell(
  cell: CommandsCell,
  execution: CellExecution,
): Promise<CellResult<readonly Command[]>> {
  const values = await evaluateAll(listExpansions(cell), execution);
  if (!values.ok) return values;
  const commands = readCommands(
    cell,
    values.value.map(({ value }) => value),
  );
  return commands.ok ? succeed(commands.value) : refuseDeclaration(cell.code, commands.diagnostics);
}

interface Expression {
  readonly expression: string;
  readonly span: Span;
  /** Whether the value goes to the environment's constructor, which must not get another than Python has. */
  readonly isExact?: boolean;
}

interface EvaluatedValue {
  readonly value: Json;
  /** The paths of whole numbers that are floats. */
  readonly floats: readonly (readonly (string | number)[])[];
}

/** How Python hands over a value that must not change: JSON does not tell 1.0 from 1. */
const exactValue = z.object({
  value: z.json(),
  floats: z.array(z.array(z.union([z.string(), z.int()]))),
});

async function evaluateAll(
  expressions: readonly Expression[],
  execution: CellExecution,
): Promise<CellResult<readonly EvaluatedValue[]>> {
  const values: EvaluatedValue[] = [];
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
    values.push(isExact ? exactValue.parse(value.value) : { value: value.value, floats: [] });
  }
  return succeed(values);
}
