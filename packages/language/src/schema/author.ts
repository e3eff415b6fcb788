/** The `author:` key of `%%learn`: who writes the policies. Each kind has its keys in a file under `authors/`. */
import { z } from 'zod';
import { mcp, toMcp, type McpDeclaration } from './authors/mcp';
import { command, toCommand, type CommandDeclaration } from './authors/command';
import { human, type HumanDeclaration } from './authors/human';
import { mailbox, toMailbox, type MailboxDeclaration } from './authors/mailbox';
import { hasKnownPrice, openai, toOpenAi, type OpenAiDeclaration } from './authors/openai';
import { replay, type ReplayDeclaration } from './authors/replay';
import { search, type SearchDeclaration } from './authors/search';
import { describeSeveral } from './authors/several';

/** The kinds that may be named alone: all keys of theirs have defaults. */
const KINDS = ['search', 'openai', 'mailbox', 'mcp', 'human'] as const;
/** The mappings of one author that writes alone. */
const SINGLES = [search, openai, mailbox, command, mcp, human, replay] as const;

/** Says what one author may be, `more` being further kinds that a mapping may have. */
function describeKinds(...more: readonly string[]): string {
  const named = new Set<string>(KINDS);
  const mapped = [
    ...SINGLES.map(({ shape }) => shape.kind.value).filter((kind) => !named.has(kind)),
    ...more,
  ];
  return `${KINDS.join(', ')}, or a mapping with kind: (one of these, ${mapped.join(', ')}) and its settings`;
}

/** One author that writes alone. */
const single = z
  .union([z.enum(KINDS), z.discriminatedUnion('kind', SINGLES)])
  .meta({ title: describeKinds() });

const several = describeSeveral(single);

/** A kind alone, a mapping with the kind's settings, or several of them. */
export const author = z
  .union([
    z.enum(KINDS),
    z.discriminatedUnion('kind', [...SINGLES, several]),
    z.array(single).min(1).meta({ title: 'a list of authors' }),
  ])
  .default('search')
  .meta({ title: `${describeKinds(several.shape.kind.value)}, or a list of such authors` })
  .describe(
    'Who writes the policies: search (needs no key), openai (a language model), mailbox (somebody who answers in a folder), command (a program of yours), mcp (an agent of yours), human (you), replay (a recorded run again), or several, also as a list: [search, openai].',
  );

/** Settings of an author that writes alone, as the engine takes them. */
export type SingleAuthorDeclaration =
  | SearchDeclaration
  | OpenAiDeclaration
  | MailboxDeclaration
  | CommandDeclaration
  | HumanDeclaration
  | McpDeclaration
  | ReplayDeclaration;

/** Settings of several authors, as the engine takes them. */
export interface SeveralDeclaration {
  readonly kind: 'several';
  readonly choose: 'turns' | 'stall' | 'bandit';
  readonly of: readonly {
    readonly name: string;
    readonly weight: number;
    readonly author: SingleAuthorDeclaration;
  }[];
}

/** Settings of an author, as the engine takes them. */
export type AuthorDeclaration = SingleAuthorDeclaration | SeveralDeclaration;

type AuthorValue = z.output<typeof author>;
type SingleValue = z.output<typeof single>;
type SingleSettings = Exclude<SingleValue, string>;

/** What the other keys of a declaration depend on. */
interface ModelUse {
  /** Whether the author's answers are calls. */
  readonly callsModels: boolean;
  /** How many agents from outside are to work on the run. */
  readonly outsideAgents: number;
  /** Whether the price of all its calls is known. */
  readonly hasPrice: boolean;
  /** Whether a key `price` would say those that are not known. */
  readonly takesPrice: boolean;
}

/** Reads what the other keys of a declaration depend on: what its author's answers are, and at which price. */
export function readModelUse(value: AuthorValue): ModelUse {
  const uses = listSingles(value).map(({ author: each }) => readSingleUse(readSettings(each)));
  const calling = uses.filter(({ callsModels }) => callsModels);
  return {
    callsModels: calling.length > 0,
    outsideAgents: uses.reduce((sum, { outsideAgents }) => sum + outsideAgents, 0),
    hasPrice: calling.every(({ hasPrice }) => hasPrice),
    takesPrice: calling.every(({ hasPrice, takesPrice }) => hasPrice || takesPrice),
  };
}

function readSingleUse(settings: SingleSettings): ModelUse {
  switch (settings.kind) {
    case 'search':
    case 'human':
      return { callsModels: false, outsideAgents: 0, hasPrice: false, takesPrice: false };
    case 'openai':
      return { callsModels: true, outsideAgents: 0, hasPrice: hasKnownPrice(settings), takesPrice: true };
    case 'mcp':
      return { callsModels: true, outsideAgents: 1, hasPrice: false, takesPrice: false };
    case 'mailbox':
    case 'command':
      return { callsModels: true, outsideAgents: 0, hasPrice: false, takesPrice: false };
    case 'replay':
      // The record says what its calls had cost.
      return { callsModels: true, outsideAgents: 0, hasPrice: true, takesPrice: false };
  }
}

/** Fills an author's defaults and takes the engine's names. */
export function toAuthor(value: AuthorValue): AuthorDeclaration {
  const singles = listSingles(value);
  const [first] = singles;
  if (first !== undefined && singles.length === 1) return toSingle(readSettings(first.author));
  const choose = isSeveral(value) ? value.choose : 'turns';
  const of = singles.map(({ author: each, weight }) => ({ author: toSingle(readSettings(each)), weight }));
  const names = of.map(({ author: each }) => nameAuthor(each));
  return {
    kind: 'several',
    choose,
    of: of.map((member, index) => ({ name: numberName(names, index), ...member })),
  };
}

/** Lists the authors of a value, each with its weight. */
function listSingles(
  value: AuthorValue,
): readonly { readonly author: SingleValue; readonly weight: number }[] {
  if (isSeveral(value)) return value.of;
  const singles = Array.isArray(value) ? value : [value];
  return singles.map((each) => ({ author: each, weight: 1 }));
}

function isSeveral(value: AuthorValue): value is z.output<typeof several> {
  return typeof value === 'object' && 'kind' in value && value.kind === 'several';
}

function toSingle(settings: SingleSettings): SingleAuthorDeclaration {
  switch (settings.kind) {
    case 'search':
    case 'human':
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

/** The settings of an author, with the defaults of a kind that is named alone. */
function readSettings(value: SingleValue): SingleSettings {
  switch (value) {
    case 'search':
      return search.parse({ kind: value });
    case 'openai':
      return openai.parse({ kind: value });
    case 'mailbox':
      return mailbox.parse({ kind: value });
    case 'mcp':
      return mcp.parse({ kind: value });
    case 'human':
      return human.parse({ kind: value });
    default:
      return value;
  }
}

/** Names an author among others: "openai gpt-5-mini", "replay first". */
function nameAuthor(settings: SingleAuthorDeclaration): string {
  switch (settings.kind) {
    case 'search':
    case 'mailbox':
    case 'mcp':
    case 'human':
      return settings.kind;
    case 'command':
      return `command ${settings.run}`;
    case 'openai':
      return `openai ${settings.model}`;
    case 'replay':
      return `replay ${settings.run}`;
  }
}

/** Puts a number behind a name that an earlier author has too. */
function numberName(names: readonly string[], index: number): string {
  const name = names[index] ?? '';
  const earlier = names.slice(0, index).filter((each) => each === name).length;
  return earlier === 0 ? name : `${name} (${earlier + 1})`;
}
