/**
 * CONTRIBUTING.md's recipes: each states a limit in its heading and keeps to it, its files exist, and what is there
 * already is named in the files of its recipe and nowhere else, as far as a program can tell.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { COMMANDS } from '../../../packages/language/src/cell/command-table';
import { EVENT_TABLE, runEvent, comparisonEvent } from '../../../packages/engine/src';
import { BUDGET_KINDS, evaluatorMethods } from '../../../packages/protocol/src';
import { repositoryFiles, repositoryRoot } from '../../fixtures/repository-files';

interface Recipe {
  readonly title: string;
  readonly limit: number;
  readonly files: readonly string[];
}

const files = repositoryFiles();
const sources = files.filter(
  (path) =>
    /^(packages|kernel|labextension)\//.test(path) && /\.(ts|py)$/.test(path) && !path.includes('/tooling/'),
);

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

/** Program text without comments, which may speak of anything. */
function readCode(path: string): string {
  const text = read(path);
  if (path.endsWith('.py')) return text.replace(/"""[\s\S]*?"""/g, '').replace(/#.*$/gm, '');
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

const recipes: readonly Recipe[] = [
  ...read('CONTRIBUTING.md').matchAll(/^### (.+?) \(at most (\d+) files\)\n([\s\S]*?)(?=^#|(?![\s\S]))/gm),
].map(([, title = '', limit, body = '']) => ({
  title,
  limit: Number(limit),
  files: [...body.matchAll(/^\d+\. `([^`]+)`/gm)].map((match) => match[1] ?? ''),
}));

function findRecipe(title: string): Recipe {
  const found = recipes.find((recipe) => recipe.title === title);
  if (found === undefined) throw new Error(`CONTRIBUTING.md has no recipe for ${title}`);
  return found;
}

/** Sources outside the recipe's files, and outside the folders of `except`, whose code matches. */
function findOthers(title: string, pattern: RegExp, except: RegExp): string[] {
  const own = new Set(findRecipe(title).files);
  return sources.filter((path) => !own.has(path) && !except.test(path) && pattern.test(readCode(path)));
}

/** The most files that something new of a kind may take; a recipe may need fewer. */
const promised: Readonly<Record<string, number>> = {
  'A budget kind': 2,
  'An author': 3,
  'A line command': 3,
  'A view': 4,
  'A search family': 2,
  'A space type': 2,
  'An event': 3,
};

test.each(Object.entries(promised))('there is a recipe for "%s" of at most %i files', (title, limit) => {
  expect(findRecipe(title).limit).toBeLessThanOrEqual(limit);
});

test.each(recipes)('the recipe "$title" names at most $limit files', ({ files: named, limit }) => {
  expect(named.length).toBeGreaterThan(0);
  expect(named.length).toBeLessThanOrEqual(limit);
});

test.each(recipes)('every file of the recipe "$title" exists', ({ files: named }) => {
  expect(named.filter((path) => !files.includes(path))).toEqual([]);
});

test('every recipe states its limit in its heading', () => {
  const headings = [...read('CONTRIBUTING.md').matchAll(/^### (.*)$/gm)];
  expect(headings.length).toBe(recipes.length);
});

test.each(Object.keys(BUDGET_KINDS))('no table outside its recipe lists the budget kind %s', (kind) => {
  // A table of kinds has the kind as a key of its own and another kind as well.
  const others = Object.keys(BUDGET_KINDS).filter((name) => name !== kind);
  const key = new RegExp(`^\\s*['"]?${kind}['"]?: `, 'm');
  const wrong = findOthers('A budget kind', key, /\/schemas\//).filter((path) => {
    const found = others.filter((name) => new RegExp(`^\\s*['"]?${name}['"]?: `, 'm').test(readCode(path)));
    return found.length >= others.length - 1;
  });
  expect(wrong).toEqual([]);
});

const authorKinds = [...read('packages/authors/src/registry.ts').matchAll(/^ {2}\['(\w+)', /gm)].map(
  (match) => match[1] ?? '',
);

test('the cell language and the table of authors have the same authors', () => {
  const kind = z.object({ properties: z.object({ kind: z.object({ const: z.string() }) }) });
  const kinds = z.object({ oneOf: z.array(kind) });
  const schema = z.object({
    properties: z.object({ author: z.object({ anyOf: z.tuple([z.unknown(), kinds], z.unknown()) }) }),
  });
  const { properties } = schema.parse(JSON.parse(read('packages/language/schemas/learn.json')));
  const declared = properties.author.anyOf[1].oneOf.map((each) => each.properties.kind.const);
  expect([...declared].sort()).toEqual([...authorKinds].sort());
});

test('nothing outside the recipe of an author names one as a kind of author', () => {
  expect(authorKinds).toContain('search');
  const compared = new RegExp(`kind\\s*(?:[=!]==|:)\\s*['"](?:${authorKinds.join('|')})['"]`);
  expect(findOthers('An author', compared, /^packages\/(authors|language\/src\/schema\/authors)\//)).toEqual(
    [],
  );
});

test.each(Object.keys(COMMANDS))('the command %%%s has its handler in a file of its own', (name) => {
  expect(files).toContain(`kernel/src/cells/commands/${name}.ts`);
});

test('no other file lists the commands', () => {
  const names = Object.keys(COMMANDS).map((name) => new RegExp(`\\b${name}\\b`));
  const own = new Set(findRecipe('A line command').files);
  const others = sources.filter((path) => !own.has(path));
  expect(others.filter((path) => names.every((name) => name.test(readCode(path))))).toEqual([]);
});

const eventTypes = [...runEvent.options, ...comparisonEvent.options].map(({ shape }) => shape.type.value);
const pythonReading = sources
  .filter((path) => path.startsWith('packages/runtime/policybook/reading/'))
  .map(readCode)
  .join('\n');

test.each(eventTypes)("Python's tables read %s just where the table of events says so", (type) => {
  expect(pythonReading.includes(`"${type}"`)).toBe(EVENT_TABLE[type].isInTables);
});

test.each(Object.keys(evaluatorMethods))('the evaluator method %s is one file a side', (method) => {
  const file = method.replace(/\./g, '-');
  expect(files).toContain(`packages/protocol/src/methods/${file}.ts`);
  // The evaluator plays `evaluate` in its own process; every other method is a job.
  if (method !== 'evaluate')
    expect(files).toContain(`packages/runtime/policybook/worker/methods/${file.replace(/-/g, '_')}.py`);
});

test('every search family has its rule, and its template where it fills one of its own', () => {
  const folder = 'packages/runtime/policybook/search';
  const rules = files.filter((path) => path.startsWith(`${folder}/rules/`) && !path.endsWith('__init__.py'));
  expect(rules.filter((path) => !/^FAMILY = Family\(/m.test(read(path)))).toEqual([]);
  const templates = rules.flatMap((path) =>
    [...read(path).matchAll(/\bfill\(\s*"(\w+)"/g)].map((match) => match[1]),
  );
  expect(templates.filter((name) => !files.includes(`${folder}/templates/${name}.py`))).toEqual([]);
  expect(new Set(templates).size).toBe(templates.length);
});
