/** In what a declaration differs from an earlier one, by the keys and in the units in which a cell says it. */
import type { Difference } from '@policybook/engine';
import { BUDGET_KEYS, BUDGET_KINDS, BUDGET_NAMES } from '@policybook/protocol';

/** A key of a cell, and how a number of it is written there. */
interface CellKey {
  readonly key: string;
  readonly format?: (amount: number) => string;
  /** Whether its values are texts or hashes of them, which say nothing in a sentence. */
  readonly isText?: true;
}

const formatMilliseconds = (amount: number): string =>
  amount % 1000 === 0 ? `${amount / 1000}s` : `${amount}ms`;

/** Settings whose key in a cell is not their own path with underscores, by that path. */
const CELL_KEYS: ReadonlyMap<string, CellKey> = new Map<string, CellKey>([
  ...BUDGET_NAMES.map((name): [string, CellKey] => {
    const { unit } = BUDGET_KINDS[name];
    const format = (amount: number): string => (unit === '$' ? `$${amount}` : `${amount}${unit}`);
    return [`budget.${name}`, { key: BUDGET_KEYS[name], format }];
  }),
  ['environmentName', { key: 'environment' }],
  ['environment.id', { key: 'environment' }],
  ['environment.simulator.source', { key: "the simulator's text", isText: true }],
  ...['step', 'reset', 'make'].map((name): [string, CellKey] => [
    `environment.clocks.${name}`,
    { key: `environment.${name}`, format: (amount) => `${amount}s` },
  ]),
  ['author.kind', { key: 'author' }],
  ['author.keyVariable', { key: 'author.key' }],
  ['policy.stepMs', { key: 'policy.step', format: formatMilliseconds }],
  ['policy.importMs', { key: 'policy.import', format: formatMilliseconds }],
  ['policy.memoryMb', { key: 'policy.memory', format: (amount) => `${amount}MB` }],
  ['policy.data.folder', { key: 'policy.data' }],
  ['policy.data.hash', { key: 'what is in policy.data', isText: true }],
]);

/** A member of a list of contestants, and what of it differs. */
const CONTESTANT = /^contestants\[(?<name>.*?)\]\.origin\.(?:settings\.)?(?<rest>.*)$/su;

/** What kind of contestant one is. */
const CONTESTANT_KIND = /^(?<origin>contestants\[.*?\]\.origin)\.kind$/su;

/**
 * Says each difference of two settings in the words of a cell: `budget.wallSeconds` from null to 60 is "wall: none → 60s".
 * Differences that come to the same are said once.
 */
export function formatChangedSettings(differences: readonly Difference[]): readonly string[] {
  const replaced = new Set(
    differences.flatMap(({ path }) => CONTESTANT_KIND.exec(path)?.groups?.['origin'] ?? []),
  );
  // Of a contestant that is another kind of contestant by now, nothing else can be compared.
  const said = differences.filter(
    ({ path }) =>
      CONTESTANT_KIND.test(path) || ![...replaced].some((origin) => path.startsWith(`${origin}.`)),
  );
  return [...new Set(said.map(formatChangedSetting))];
}

/** Whether a difference is in the environment's code, of which a hash says nothing to people. */
export function isChangedCode({ path }: Difference): boolean {
  return path.startsWith('environment.userCode');
}

/** Whether a difference is in what `gymnasium.register` was called with in the notebook's Python. */
export function isChangedRegistration({ path }: Difference): boolean {
  return path.startsWith('environment.userCode.registration');
}

function formatChangedSetting({ path, before, after }: Difference): string {
  // Another kind of work altogether.
  if (path === '') return `${before} → ${after}`;
  // The specification of an environment is a long text.
  if (/^simplify(?:\.on\b|$)/u.test(path) && !isBoolean(before, after)) return formatChangedVariant(path);
  // A registration that there was not before is a long text.
  if (path === 'environment.userCode.registration') return 'its registration';
  const { key, format, isText } = findCellKey(path);
  return isText === true ? key : `${key}: ${formatValue(before, format)} → ${formatValue(after, format)}`;
}

function isBoolean(...values: readonly string[]): boolean {
  return values.every((value) => value === 'true' || value === 'false');
}

/** Says what of `simplify: {on: …}` differs: the code of one of its environments, or else the list. */
function formatChangedVariant(path: string): string {
  const { name } = /^simplify\.on\[(?<name>.*?)\]\.environment\.userCode/su.exec(path)?.groups ?? {};
  return name === undefined ? 'simplify.on' : `the code of ${name}`;
}

function findCellKey(path: string): CellKey {
  const known = CELL_KEYS.get(path);
  if (known !== undefined) return known;
  const { name, rest } = CONTESTANT.exec(path)?.groups ?? {};
  if (name !== undefined && rest !== undefined) {
    if (rest === 'kind') return { key: name };
    if (/^policies\[.*\]\.hash$/su.test(rest))
      return { key: `the text of the policy of ${name}`, isText: true };
    if (rest === 'hash') return { key: `the file of ${name}`, isText: true };
    const found = findCellKey(rest);
    return { ...found, key: `${name}.${found.key}` };
  }
  const key = path.replace(/^environment\./u, '').replace(/^userCode\.registration\./u, 'its registration, ');
  // Arguments of the constructor have names of their own.
  if (/^(?:its registration, )?kwargs/u.test(key)) return { key };
  return { key: key.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`) };
}

function formatValue(json: string, format: CellKey['format']): string {
  if (json === 'null' || json === 'absent') return 'none';
  const amount = Number(json);
  return format === undefined || Number.isNaN(amount) ? formatAsInCell(json) : format(amount);
}

/** Formats a value as a cell has it: without the quotation marks of JSON. One that was cut is no JSON. */
function formatAsInCell(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return formatFlow(value);
  } catch {
    return json.replaceAll('"', '');
  }
}

function formatFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatFlow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, part]) => `${key}: ${formatFlow(part)}`)
    .join(', ')}}`;
}
