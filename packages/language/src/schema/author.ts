/** The `author:` key of `%%learn`: who writes the policies. Each kind has its keys in a file under `authors/`. */
import { z } from 'zod';
import { openai, toOpenAi, type OpenAiDeclaration } from './authors/openai';
import { search, type SearchDeclaration } from './authors/search';

/** A kind alone, or a mapping with the kind's settings. */
export const author = z
  .union([z.enum(['search', 'openai']), z.discriminatedUnion('kind', [search, openai])])
  .default('search')
  .meta({ title: 'search, openai, or a mapping with kind: and its settings' })
  .describe('Who writes the policies: search (needs no key) or openai.');

/** Settings of an author, as the engine takes them. */
export type AuthorDeclaration = SearchDeclaration | OpenAiDeclaration;

/** What the other keys of a declaration depend on: whether its author calls models, and at a price that is known. */
export function readModelUse(value: z.output<typeof author>): { callsModels: boolean; hasPrice: boolean } {
  const callsModels = value === 'openai' || (value !== 'search' && value.kind === 'openai');
  const hasPrice = typeof value === 'object' && value.kind === 'openai' && value.price !== undefined;
  return { callsModels, hasPrice };
}

/** Fills an author's defaults and takes the engine's names. */
export function toAuthor(value: z.output<typeof author>): AuthorDeclaration {
  const settings = typeof value === 'string' ? readKind(value) : value;
  return settings.kind === 'search' ? settings : toOpenAi(settings);
}

/** The settings of a kind that is named alone. */
function readKind(kind: 'search' | 'openai'): z.output<typeof search> | z.output<typeof openai> {
  return kind === 'search' ? search.parse({ kind }) : openai.parse({ kind });
}
