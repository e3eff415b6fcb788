/**
 * From a cell to a declaration in two steps: `draft` checks all that is known and lists the `!py` expressions,
 * `fill` takes their values and checks the whole. Nothing is declared unless both pass.
 */
import type { YamlCell } from './cell/cell';
import { issueProblems } from './check';
import { toCompare } from './compare-declaration';
import { toEnvironment, toLearn, type Declaration } from './declaration';
import type { Json } from './json';
import { passed, refused, type Checked } from './problem';
import { bodies, type Path } from './schema/json-schema';
import { Source } from './source';
import { hole, readBody, type Body, type Hole, type Input } from './yaml/body';

/** A declaration whose `!py` values are still to come. */
export interface Draft {
  readonly cell: YamlCell;
  /** In the order of the text; `fill` takes one value for each. */
  readonly holes: readonly Hole[];
  readonly body: Body;
}

/** Reads a cell's body and checks everything but the values of its `!py` expressions. */
export function draft(cell: YamlCell): Checked<Draft> {
  const source = new Source(cell.code);
  const body = readBody(source, cell.body.offset);
  const input = body.value ?? {};
  const broken = body.problems.some(({ code }) => code === 'bad_yaml' || code === 'tab');
  const parsed = bodies[cell.kind].safeParse(input);
  const found =
    parsed.success || broken
      ? []
      : issueProblems(
          { source, kind: cell.kind, body, input },
          parsed.error.issues,
          (path) => body.holes.some((each) => startsWith(path, each.path)) || isOpen(input, path),
        );
  const problems = [...body.problems, ...found];
  return problems.length > 0 ? refused(problems) : passed({ cell, holes: body.holes, body });
}

/** Puts the values into the holes, in order, and checks the whole declaration. */
export function fill(draft: Draft, values: readonly Json[]): Checked<Declaration> {
  const { cell, body, holes } = draft;
  if (values.length !== holes.length)
    throw new RangeError(`${holes.length} !py expressions, but ${values.length} values`);
  const byPath = new Map(holes.map(({ path }, index) => [JSON.stringify(path), values[index] ?? null]));
  const input = filled(body.value ?? {}, [], byPath);
  const document = body.document.clone();
  holes.forEach(({ path }, index) => {
    document.setIn(path, document.createNode(values[index]));
  });
  const text = document.contents === null ? '' : String(document);
  switch (cell.kind) {
    case 'environment': {
      const parsed = bodies.environment.safeParse(input);
      if (parsed.success) return passed(toEnvironment(cell.name, parsed.data, text));
      return refuse(draft, input, parsed.error.issues);
    }
    case 'learn': {
      const parsed = bodies.learn.safeParse(input);
      if (parsed.success)
        return passed(toLearn({ run: cell.run, environment: cell.environment }, parsed.data, text));
      return refuse(draft, input, parsed.error.issues);
    }
    case 'compare': {
      const parsed = bodies.compare.safeParse(input);
      if (parsed.success) return passed(toCompare(cell.comparison, parsed.data, text));
      return refuse(draft, input, parsed.error.issues);
    }
  }
}

function refuse(draft: Draft, input: Input, issues: Parameters<typeof issueProblems>[1]): Checked<never> {
  const { cell, body } = draft;
  const source = new Source(cell.code);
  return refused(issueProblems({ source, kind: cell.kind, body, input }, issues, () => false));
}

/** The input with each hole replaced by the value of its path. */
function filled(input: Input, path: Path, values: ReadonlyMap<string, Json>): Input {
  if (input === hole) return values.get(JSON.stringify(path)) ?? null;
  if (Array.isArray(input)) return input.map((item: Input, index) => filled(item, [...path, index], values));
  if (typeof input !== 'object' || input === null) return input;
  const entries = Object.entries(input).map(([key, value]): [string, Input] => [
    key,
    filled(value, [...path, key], values),
  ]);
  return Object.fromEntries(entries);
}

/** Whether the value there still has a hole in it, so that a judgement over the whole must wait. */
function isOpen(input: Input, path: Path): boolean {
  let value: Input | undefined = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = new Map<string | number, Input>(Object.entries(value)).get(String(step));
  }
  return value !== undefined && holds(value);
}

function holds(input: Input): boolean {
  if (input === hole) return true;
  return typeof input === 'object' && input !== null && Object.values(input).some(holds);
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}
