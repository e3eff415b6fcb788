/** The `author:` key of `%%learn`: who writes the policies. Each kind has its keys in a file under `authors/`. */
import { z } from 'zod';
import { openai, toOpenAi, type OpenAiDeclaration } from './authors/openai';
import { replay, type ReplayDeclaration } from './authors/replay';
import { search, type SearchDeclaration } from './authors/search';

/** A kind alone, or a mapping with the kind's settings. */
export const author = z
  .union([z.enum(['search', 'openai']), z.discriminatedUnion('kind', [search, openai, replay])])
  .default('search')
  .meta({ title: 'search, openai, or a mapping with kind: and its settings' })
  .describe('Who writes the policies: search (needs no key), openai, or replay (a recorded run again).');

/** Settings of an author, as the engine takes them. */
export type AuthorDeclaration = SearchDeclaration | OpenAiDeclaration | ReplayDeclaration;

/** What the other keys of a declaration depend on: whether its author calls models, and at a price that is known. */
export function readModelUse(value: z.output<typeof author>): { callsModels: boolean; hasPrice: boolean } {
  if (typeof value === 'string') return { callsModels: value === 'openai', hasPrice: false };
  switch (value.kind) {
    case 'search':
      return { callsModels: false, hasPrice: false };
    case 'openai':
      return { callsModels: true, hasPrice: value.price !== undefined };
    case 'replay':
      // The record says what its calls had cost.
      return { callsModels: true, hasPrice: true };
  }
}

/** Fills an author's defaults and takes the engine's names. */
export function toAuthor(value: z.output<typeof author>): AuthorDeclaration {
  const settings = typeof value === 'string' ? readKind(value) : value;
  return settings.kind === 'openai' ? toOpenAi(settings) : settings;
}

/** The settings of a kind that is named alone. */
function readKind(kind: 'search' | 'openai'): z.output<typeof search> | z.output<typeof openai> {
  return kind === 'search' ? search.parse({ kind }) : openai.parse({ kind });
}
