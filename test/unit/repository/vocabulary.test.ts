/**
 * The names in the code keep to the words of README's section "Words".
 *
 * The third column of its tables lists, as code, what a name must not say: a word in lower case must not be part of any
 * name, a word with a capital letter must not be the name of a type. The section's list of words that comments avoid is
 * read from there too. So the README is the only place in which a word is chosen.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pythonSource, typeScriptSource, type SourceText } from '../../fixtures/source-text';
import { repositoryFiles, repositoryRoot } from '../../fixtures/repository-files';

const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');
const wordsSection = /\n## Words\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
const chosenAgainst = [...wordsSection.matchAll(/^\|[^|]*\|[^|]*\|([^|]*)\|$/gm)].flatMap((row) =>
  codeWords(row[1]),
);
const bannedWords = new Set(chosenAgainst.filter((word) => /^[a-z]/.test(word)));
const bannedTypes = new Set(chosenAgainst.filter((word) => /^[A-Z]/.test(word)));
const bannedProse = codeWords(/Comments and messages avoid ([^.]*)\./.exec(wordsSection)?.[1]);

const sources: SourceText[] = repositoryFiles()
  .filter((path) => /^(packages\/(?!tooling)|kernel\/|labextension\/)/.test(path))
  .flatMap((path) => {
    const text = () => readFileSync(join(repositoryRoot, path), 'utf8');
    if (path.endsWith('.ts')) return [typeScriptSource(path, text())];
    return path.endsWith('.py') && !path.includes('/templates/') ? [pythonSource(path, text())] : [];
  });

function codeWords(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

/** `EpisodeSlot`, `episode_slot` and `episode-slot` are made of `episode` and `slot`. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.toLowerCase());
}

/** Past participles name a value, not something that a function does; these words only look like one. */
const verbsInEd = new Set(['embed', 'feed', 'need', 'seed', 'shed', 'speed', 'proceed', 'exceed', 'succeed']);
const irregularParticiples = new Set(
  'told seen known given taken drawn written shown chosen frozen befell begun gone made kept held sent met found'.split(
    ' ',
  ),
);

function beginsWithParticiple(name: string): boolean {
  const [first = ''] = wordsOf(name).filter((word) => word !== '');
  return irregularParticiples.has(first) || (/..ed$/.test(first) && !verbsInEd.has(first));
}

/** `Returns` and `Raises` are; `The`, `Whether` and `This` are not. A plural noun passes for a verb. */
function isThirdPersonVerb(word: string): boolean {
  return /^[A-Z][a-z]+s[,:]?$/.test(word) && !/^(?:As|Its|This|Always)\b/.test(word);
}

test('README has a section of words with what they are chosen against', () => {
  expect(bannedWords.size).toBeGreaterThan(20);
  expect(bannedTypes.size).toBeGreaterThan(5);
  expect(bannedProse.length).toBeGreaterThan(5);
});

test('no name in the code says what README chose another word for', () => {
  const wrong = sources.flatMap(({ path, names }) =>
    [basename(path).replace(/\.\w+$/, ''), ...names]
      .filter((name) => wordsOf(name).some((word) => bannedWords.has(word)))
      .map((name) => `${path}: ${name}`),
  );
  expect([...new Set(wrong)]).toEqual([]);
});

test('no type has a name that README chose another name for', () => {
  const wrong = sources.flatMap(({ path, types }) =>
    types.filter((name) => bannedTypes.has(name)).map((name) => `${path}: ${name}`),
  );
  expect(wrong).toEqual([]);
});

test('functions begin with a verb, not with a participle', () => {
  const wrong = sources.flatMap(({ path, functions }) =>
    functions.filter(beginsWithParticiple).map((name) => `${path}: ${name}`),
  );
  expect(wrong).toEqual([]);
});

test('what a Python function does is said by a sentence that begins with its verb', () => {
  const functions = sources.flatMap(({ path, documentedFunctions }) =>
    documentedFunctions.map(({ name, firstWord }) => ({
      place: `${path}: ${name}: ${firstWord} …`,
      firstWord,
    })),
  );
  expect(functions.length).toBeGreaterThan(500);
  const wrong = functions.filter(({ firstWord }) => !isThirdPersonVerb(firstWord)).map(({ place }) => place);
  expect(wrong).toEqual([]);
});

const prosePattern = new RegExp(`\\b(${bannedProse.join('|')})\\b`, 'i');

function linesInPoorEnglish(path: string, texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => prosePattern.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
}

test('comments and documentation are written in plain English', () => {
  const documents = repositoryFiles()
    .filter((path) => path.endsWith('.md') && !path.startsWith('test/'))
    .map((path) => ({
      path,
      comments: [readFileSync(join(repositoryRoot, path), 'utf8').replace(/`[^`]*`/g, '')],
    }));
  expect(
    [...sources, ...documents].flatMap(({ path, comments }) => linesInPoorEnglish(path, comments)),
  ).toEqual([]);
});

test('messages are written in plain English', () => {
  // A text of one word is a name, not a sentence.
  const wrong = sources.flatMap(({ path, strings }) =>
    linesInPoorEnglish(
      path,
      strings.filter((text) => text.includes(' ')),
    ),
  );
  expect(wrong).toEqual([]);
});
