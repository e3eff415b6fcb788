/**
 * Every author that there is, by its kind. A new one is a file of its own, a row here, and its keys in the cell language
 * (a file of `packages/language/src/schema/authors/`, and a line in `author.ts` beside it).
 */
import type { Author, AuthorSettings, AuthorTraits } from '@policybook/engine';
import type { Failure, Result } from '@policybook/protocol';
import { mcp } from './mcp-author';
import type { AuthorDefinition, AuthorDependencies, AuthorKind, Variables } from './author-kind';
import { command } from './command';
import { human } from './human';
import { mailbox } from './mailbox';
import { openAi } from './openai';
import { createReplay } from './replay';
import { search } from './search';
import { createSeveral } from './several';

const AUTHORS: ReadonlyMap<string, AuthorKind> = new Map([
  ['search', search],
  ['openai', openAi],
  ['mcp', mcp],
  ['replay', createReplay((settings) => findAuthor(settings))],
  ['mailbox', mailbox],
  ['command', command],
  ['several', createSeveral((settings) => findAuthor(settings))],
  ['human', human],
]);

/** The author of these settings. Failures: `unknown_author`, `bad_settings`. */
function findAuthor(settings: AuthorSettings): Result<AuthorDefinition> {
  const kind = AUTHORS.get(settings.kind);
  if (kind !== undefined) return kind(settings);
  const message = `There is no author ${settings.kind}; there are ${[...AUTHORS.keys()].join(', ')}.`;
  return { ok: false, code: 'unknown_author', message, detail: null };
}

/** Why there can be no such author, before a run begins: `missing_key`, or a failure of its settings. */
export function findAuthorObstacle(settings: AuthorSettings, variables: Variables): Failure | null {
  const author = findAuthor(settings);
  return author.ok ? author.value.findObstacle(variables) : author;
}

/** Makes the author of a run. Failures: those of `findAuthorObstacle`. */
export function createAuthor(settings: AuthorSettings, dependencies: AuthorDependencies): Result<Author> {
  const author = findAuthor(settings);
  return author.ok ? author.value.create(dependencies) : author;
}

/** What an author of these settings is like; one that is not known here has no traits. */
export function readAuthorTraits(settings: AuthorSettings): AuthorTraits {
  const author = findAuthor(settings);
  if (!author.ok) return { spendsModelCalls: false, hasIndependentSamples: false };
  const {
    spendsModelCalls,
    hasIndependentSamples,
    readsWords = false,
    answersFromOutside = false,
  } = author.value;
  return { spendsModelCalls, hasIndependentSamples, readsWords, answersFromOutside };
}

/** Settings of the same author whose answers are independent samples; `null` where it has no such form. */
export function sampleIndependently(settings: AuthorSettings): AuthorSettings | null {
  const author = findAuthor(settings);
  return author.ok ? author.value.sampling : null;
}

/** The names of the keys that an author of these settings needs. */
export function listAuthorKeys(settings: AuthorSettings): readonly string[] {
  const author = findAuthor(settings);
  return author.ok ? (author.value.keys ?? []) : [];
}
