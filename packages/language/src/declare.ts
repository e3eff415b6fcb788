/**
 * From a cell to a declaration in two steps: `draftDeclaration` checks all that is known and lists the `!py` expressions,
 * `completeDeclaration` takes their values and checks the whole. Nothing is declared unless both pass.
 */
import { isScalar } from 'yaml';
import type { YamlCell } from './cell/cell';
import { diagnoseIssues } from './check';
import { toCompare, type CompareDeclaration } from './compare-declaration';
import { toEnvironment, toLearn, type EnvironmentDeclaration, type LearnDeclaration } from './declaration';
import type { Json } from '@policybook/protocol';
import { accept, reject, type Checked } from './diagnostic';
import { BODY_SCHEMAS, type Path } from './schema/json-schema';
import { Source } from './source';
import { PLACEHOLDER, readBody, type YamlBody, type Placeholder, type YamlInput } from './yaml/body';

/** What a cell with a YAML body declares. */
export type Declaration = EnvironmentDeclaration | LearnDeclaration | CompareDeclaration;

/** A declaration whose `!py` values are still to come. */
export interface DraftedDeclaration {
  readonly cell: YamlCell;
  /** In the order of the text; `completeDeclaration` takes one value for each. */
  readonly placeholders: readonly Placeholder[];
  readonly body: YamlBody;
}

/** Reads a cell's body and checks everything but the values of its `!py` expressions. */
export function draftDeclaration(cell: YamlCell): Checked<DraftedDeclaration> {
  const source = new Source(cell.code);
  const body = readBody(source, cell.body.offset);
  const input = body.value ?? {};
  const isBroken = body.diagnostics.some(({ code }) => code === 'bad_yaml' || code === 'tab');
  const parsed = BODY_SCHEMAS[cell.kind].safeParse(input);
  const found =
    parsed.success || isBroken
      ? []
      : diagnoseIssues(
          { source, kind: cell.kind, body, input },
          parsed.error.issues,
          (path) =>
            body.placeholders.some((each) => startsWith(path, each.path)) || hasOpenValue(input, path),
        );
  const diagnostics = [...body.diagnostics, ...found];
  return diagnostics.length > 0
    ? reject(diagnostics)
    : accept({ cell, placeholders: body.placeholders, body });
}

/**
 * Puts the values into the placeholders, in order, and checks the whole declaration. `valueFloats` has, for each value, the
 * paths in it of whole numbers that are floats of Python.
 */
export function completeDeclaration(
  draft: DraftedDeclaration,
  values: readonly Json[],
  valueFloats: readonly (readonly Path[])[] = [],
): Checked<Declaration> {
  const { cell, body, placeholders } = draft;
  if (values.length !== placeholders.length)
    throw new RangeError(`${placeholders.length} !py expressions, but ${values.length} values`);
  const byPath = new Map(
    placeholders.map(({ path }, index) => [JSON.stringify(path), values[index] ?? null]),
  );
  const input = fillPlaceholders(body.value ?? {}, [], byPath);
  const filled = placeholders.flatMap(({ path }, index) =>
    (valueFloats[index] ?? []).map((rest): Path => [...path, ...rest]),
  );
  const floats = [...body.floats, ...filled].flatMap(([key, ...rest]) => (key === 'kwargs' ? [rest] : []));
  const document = body.document.clone();
  placeholders.forEach(({ path }, index) => {
    document.setIn(path, document.createNode(values[index]));
  });
  for (const path of filled) {
    const number = document.getIn(path, true);
    if (isScalar(number)) number.minFractionDigits = 1;
  }
  const text = document.contents === null ? '' : String(document);
  switch (cell.kind) {
    case 'environment': {
      const parsed = BODY_SCHEMAS.environment.safeParse(input);
      if (parsed.success) return accept(toEnvironment(cell.name, parsed.data, { text, floats }));
      return rejectDraft(draft, input, parsed.error.issues);
    }
    case 'learn': {
      const parsed = BODY_SCHEMAS.learn.safeParse(input);
      if (parsed.success)
        return accept(
          toLearn({ run: cell.run, environment: cell.environment }, parsed.data, { text, floats }),
        );
      return rejectDraft(draft, input, parsed.error.issues);
    }
    case 'compare': {
      const parsed = BODY_SCHEMAS.compare.safeParse(input);
      if (parsed.success) return accept(toCompare(cell.comparison, parsed.data, { text, floats }));
      return rejectDraft(draft, input, parsed.error.issues);
    }
  }
}

function rejectDraft(
  draft: DraftedDeclaration,
  input: YamlInput,
  issues: Parameters<typeof diagnoseIssues>[1],
): Checked<never> {
  const { cell, body } = draft;
  const source = new Source(cell.code);
  return reject(diagnoseIssues({ source, kind: cell.kind, body, input }, issues, () => false));
}

/** The input with each placeholder replaced by the value of its path. */
function fillPlaceholders(input: YamlInput, path: Path, values: ReadonlyMap<string, Json>): YamlInput {
  if (input === PLACEHOLDER) return values.get(JSON.stringify(path)) ?? null;
  if (Array.isArray(input))
    return input.map((item: YamlInput, index) => fillPlaceholders(item, [...path, index], values));
  if (typeof input !== 'object' || input === null) return input;
  const entries = Object.entries(input).map(([key, value]): [string, YamlInput] => [
    key,
    fillPlaceholders(value, [...path, key], values),
  ]);
  return Object.fromEntries(entries);
}

/** Whether the value there still has a placeholder in it, so that a judgement over the whole must wait. */
function hasOpenValue(input: YamlInput, path: Path): boolean {
  let value: YamlInput | undefined = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = new Map<string | number, YamlInput>(Object.entries(value)).get(String(step));
  }
  return value !== undefined && hasPlaceholder(value);
}

function hasPlaceholder(input: YamlInput): boolean {
  if (input === PLACEHOLDER) return true;
  return typeof input === 'object' && input !== null && Object.values(input).some(hasPlaceholder);
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}
