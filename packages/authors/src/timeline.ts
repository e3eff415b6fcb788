/** An episode as a table: what the policy saw, did and got in about thirty of its steps, with its own variables. */
import { listCoordinates, type KeptTrace } from '@policybook/engine';
import { formatNumeral, type Json } from '@policybook/protocol';
import { quoteInLine } from './quoted';

/** Rows of a timeline, and the columns of coordinates and of variables that it has at most. */
const ROWS = 30;
const MOST_COORDINATES = 12;
const MOST_VARIABLES = 6;
/** The characters of a variable in a cell. */
const CELL_LENGTH = 24;

type TraceStep = KeptTrace['steps'][number];

/** A column: its heading, and its cell of each step. */
interface Column {
  readonly heading: string;
  readonly cell: (step: TraceStep) => string;
}

/** Formats steps of an episode that are evenly spread, the first and the last among them; `name` names coordinates by their paths. */
export function formatTimeline(trace: KeptTrace, name: (path: string) => string): string {
  const rows = chooseSteps(trace.steps, ROWS);
  const coordinates = listCoordinateColumns(rows, name);
  const columns: Column[] = [
    { heading: 'step', cell: ({ step }) => String(step) },
    ...coordinates.columns,
    { heading: 'action', cell: ({ action }) => formatValue(action) },
    { heading: 'reward', cell: ({ reward }) => formatNumeral(reward, 3) },
    { heading: 'return so far', cell: ({ returned }) => formatNumeral(returned, 4) },
    ...listVariableColumns(rows, new Set(coordinates.columns.map(({ heading }) => heading))),
  ];
  const table = [
    columns.map(({ heading }) => heading),
    columns.map(() => '---'),
    ...rows.map((row) => columns.map(({ cell }) => cell(row).replaceAll('|', '/'))),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const more = coordinates.others === 0 ? [] : [`${coordinates.others} more coordinates are not shown`];
  return [...table, ...more].join('\n');
}

/** Chooses so many steps at most that are evenly spread, the first and the last among them. */
export function chooseSteps(steps: readonly TraceStep[], most: number): TraceStep[] {
  if (steps.length <= most) return [...steps];
  return Array.from(
    { length: most },
    (_, row) => steps[Math.round((row * (steps.length - 1)) / Math.max(1, most - 1))],
  ).filter((step) => step !== undefined);
}

/** Where there are too many coordinates, those with the most different values are shown. */
function listCoordinateColumns(
  rows: readonly TraceStep[],
  name: (path: string) => string,
): { readonly columns: readonly Column[]; readonly others: number } {
  const values = new Map<string, Set<number>>();
  const read = rows.map(({ observation }) => new Map(listCoordinates(observation)));
  for (const row of read)
    for (const [path, value] of row) values.set(path, (values.get(path) ?? new Set()).add(value));
  const paths = [...values.keys()];
  const telling = [...values]
    .sort(([, one], [, other]) => other.size - one.size)
    .slice(0, MOST_COORDINATES)
    .map(([path]) => path);
  const shown = paths.filter((path) => telling.includes(path));
  const byStep = new Map(rows.map(({ step }, index) => [step, read[index]]));
  const columns = shown.map((path): Column => ({
    heading: name(path),
    cell: ({ step }) => {
      const value = byStep.get(step)?.get(path);
      return value === undefined ? '' : formatNumeral(value, 3);
    },
  }));
  return { columns, others: paths.length - shown.length };
}

/** Variables that change along the episode, those that last from step to step first. */
function listVariableColumns(rows: readonly TraceStep[], taken: ReadonlySet<string>): Column[] {
  const values = new Map<string, Set<string>>();
  for (const { variables } of rows)
    for (const [name, value] of Object.entries(variables))
      values.set(name, (values.get(name) ?? new Set()).add(value));
  const changing = [...values].flatMap(([name, each]) =>
    each.size > 1 && name !== 'observation' && !taken.has(name) ? [name] : [],
  );
  const lasts = (name: string): boolean => name.startsWith('self.') || name.startsWith('global ');
  const sorted = [...changing.filter(lasts), ...changing.filter((name) => !lasts(name))];
  return sorted.slice(0, MOST_VARIABLES).map((name) => ({
    heading: quoteInLine(name, CELL_LENGTH).replaceAll('|', '/'),
    cell: ({ variables }) => quoteInLine(shortenNumbers(variables[name] ?? ''), CELL_LENGTH),
  }));
}

function formatValue(value: Json): string {
  if (typeof value === 'number') return formatNumeral(value, 3);
  if (isList(value)) return value.map(formatValue).join(' ');
  if (isFields(value))
    return Object.entries(value)
      .map(([name, part]) => `${quoteInLine(name, CELL_LENGTH)} ${formatValue(part)}`)
      .join(', ');
  return quoteInLine(typeof value === 'string' ? value : JSON.stringify(value), CELL_LENGTH);
}

/** Long numbers would leave no room for the others of a cell. */
function shortenNumbers(text: string): string {
  return text.replace(/-?\d+\.\d{4,}(?:e[+-]?\d+)?/g, (number) => formatNumeral(Number(number), 4));
}

function isFields(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !isList(value);
}

function isList(value: Json): value is readonly Json[] & Json {
  return Array.isArray(value);
}
