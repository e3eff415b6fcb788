/** The `author:` key of `%%learn`: who writes the policies. Each kind has its keys in a file under `authors/`. */
import { z } from 'zod';
import { mcp, toMcp, type McpDeclaration } from './authors/mcp';
import { command, toCommand, type CommandDeclaration } from './authors/command';
import { mailbox, toMailbox, type MailboxDeclaration } from './authors/mailbox';
import { hasKnownPrice, openai, toOpenAi, type OpenAiDeclaration } from './authors/openai';
import { replay, type ReplayDeclaration } from './authors/replay';
import { search, type SearchDeclaration } from './authors/search';

/** The kinds that may be named alone: all keys of theirs have defaults. */
const KINDS = ['search', 'openai', 'mailbox', 'mcp'] as const;

/** A kind alone, or a mapping with the kind's settings. */
export const author = z
  .union([z.enum(KINDS), z.discriminatedUnion('kind', [search, openai, mailbox, command, mcp, replay])])
  .default('search')
  .meta({ title: `${KINDS.join(', ')}, or a mapping with kind: and its settings` })
  .describe(
    'Who writes the policies: search (needs no key), openai (a language model), mailbox (somebody who answers in a folder), command (a program of yours), mcp (an agent of yours), or replay (a recorded run again).',
  );

/** Settings of an author, as the engine takes them. */
export type AuthorDeclaration =
  | SearchDeclaration
  | OpenAiDeclaration
  | MailboxDeclaration
  | CommandDeclaration
  | McpDeclaration
  | ReplayDeclaration;

/** What the other keys of a declaration depend on: whether its author's answers are calls, and at a price that is known. */
export function readModelUse(value: z.output<typeof author>): { callsModels: boolean; hasPrice: boolean } {
  const settings = readSettings(value);
  switch (settings.kind) {
    case 'search':
      return { callsModels: false, hasPrice: false };
    case 'openai':
      return { callsModels: true, hasPrice: hasKnownPrice(settings) };
    case 'mailbox':
    case 'mcp':
    case 'command':
      return { callsModels: true, hasPrice: false };
    case 'replay':
      // The record says what its calls had cost.
      return { callsModels: true, hasPrice: true };
  }
}

/** Fills an author's defaults and takes the engine's names. */
export function toAuthor(value: z.output<typeof author>): AuthorDeclaration {
  const settings = readSettings(value);
  switch (settings.kind) {
    case 'search':
    case 'replay':
      return settings;
    case 'openai':
      return toOpenAi(settings);
    case 'mailbox':
      return toMailbox(settings);
    case 'mcp':
      return toMcp(settings);
    case 'command':
      return toCommand(settings);
  }
}

type Settings = Exclude<z.output<typeof author>, string>;

/** The settings of an author, with the defaults of a kind that is named alone. */
function readSettings(value: z.output<typeof author>): Settings {
  switch (value) {
    case 'search':
      return search.parse({ kind: value });
    case 'openai':
      return openai.parse({ kind: value });
    case 'mailbox':
      return mailbox.parse({ kind: value });
    case 'mcp':
      return mcp.parse({ kind: value });
    default:
      return value;
  }
}
