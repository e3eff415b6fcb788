/** What the READMEs and CONTRIBUTING.md name exists: every path, every npm command, every link. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { repositoryFiles, repositoryRoot } from '../../fixtures/repository-files';

const files = repositoryFiles();
const folders = new Set(
  files.flatMap((path) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  }),
);
const topLevel = new Set([...files, ...folders].map((path) => path.split('/')[0]));
const documents = files.filter(
  (path) => /(^|\/)(README|CONTRIBUTING)\.md$/.test(path) && !path.startsWith('test/'),
);

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

/** Text in backticks, examples in blocks left out. */
function codeOf(document: string): string[] {
  const prose = read(document).replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
}

/** A path within the repository: of plain characters, with a known first part or a file's ending. */
function looksLikePath(code: string): boolean {
  if (!/^\w[\w./-]+$/.test(code) || !/[a-z]/.test(code)) return false;
  // NAME or HASH stands for any.
  if (/[A-Z]{4}/.test(code.replace(/\b(README|CONTRIBUTING)\b/, ''))) return false;
  const [first = ''] = code.split('/');
  if (code.includes('/') && topLevel.has(first)) return true;
  return /\.(ts|mjs|cjs|py|css|md)$/.test(code);
}

/** Where the document may mean it: from the root, beside the document, in its sources, or anywhere below. */
function isThere(document: string, path: string): boolean {
  const wanted = path.replace(/\/$/, '');
  const home = dirname(document) === '.' ? '' : `${dirname(document)}/`;
  const all = [...files, ...folders];
  return (
    all.includes(wanted) ||
    all.includes(normalize(`${home}${wanted}`)) ||
    all.some((other) => other.startsWith(home) && other.endsWith(`/${wanted}`))
  );
}

/** What only a build makes, and files of a user's; the documents name them as that. */
const made = new Set([
  'packages/runtime/policybook/labextension/',
  'kernel.cjs',
  'policy.py',
  'answer.md',
  'stopped.md',
  'contract.md',
  'evidence.json',
  'history.json',
  'policies/',
  'reply-1.md',
  'task.md',
]);

test('there are documents', () => {
  expect(documents).toContain('README.md');
  expect(documents).toContain('CONTRIBUTING.md');
});

test.each(documents)('every path that %s names exists', (document) => {
  const paths = codeOf(document).filter((code) => looksLikePath(code) && !made.has(code));
  expect(paths.filter((path) => !isThere(document, path))).toEqual([]);
});

test.each(documents)('every link of %s leads to a file', (document) => {
  const links = [...read(document).matchAll(/\]\(([^)#\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
  expect(links.filter((link) => !existsSync(join(repositoryRoot, dirname(document), link)))).toEqual([]);
});

test.each(documents)('every npm command of %s is a script', (document) => {
  const scripts = (path: string): string[] => {
    const text: unknown = JSON.parse(read(path));
    const declared = typeof text === 'object' && text !== null && 'scripts' in text ? text.scripts : {};
    return Object.keys(declared ?? {});
  };
  // At the beginning of code in backticks, or of a line in a block.
  const commands = [
    ...read(document).matchAll(/(?:`|^)npm (?:run )?([a-z]+(?::[a-z]+)?)(?:[^`\n]*? -w (packages\/\w+))?/gm),
  ];
  const wrong = commands
    .filter(([, name]) => name !== 'ci' && name !== 'install')
    .filter(
      ([, name = '', workspace]) =>
        !scripts(workspace ? `${workspace}/package.json` : 'package.json').includes(name),
    )
    .map(([command]) => command);
  expect(wrong).toEqual([]);
});

/** Names of other packages' code. */
const otherNames = new Set(['evaluate_policy']);

const wordsOfSources = new Set(
  files
    .filter((path) => /\.(ts|mjs|cjs|py|json|toml|yaml)$/.test(path) && !path.endsWith('package-lock.json'))
    .flatMap((path) => read(path).match(/\w+/g) ?? []),
);

test.each(documents)('every name of code that %s uses is one in the sources', (document) => {
  const names = codeOf(document)
    .flatMap((code) => code.match(/(?<![\w/.-])[A-Za-z_]\w*(?![\w/-])/g) ?? [])
    .filter((name) => /[a-z][A-Z]|\w_\w/.test(name) && !otherNames.has(name));
  expect(names.filter((name) => !wordsOfSources.has(name))).toEqual([]);
});
