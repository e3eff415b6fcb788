/** Several authors in one run: in turns, the next one where one has stalled, or by what each gains for its cost. */
import {
  authorSettings,
  type Author,
  type AuthorAnswer,
  type AuthorFailure,
  type AuthorMember,
  type AuthorRequest,
  type RunState,
} from '@policybook/engine';
import type { Failure, Result } from '@policybook/protocol';
import { z } from 'zod';
import { createFailure } from './author-failure';
import { defineAuthor, type AuthorDefinition, type AuthorDependencies, type AuthorKind } from './author-kind';
import { chooseMember } from './choose-member';

const KIND = 'several';

const severalSettings = z.strictObject({
  kind: z.literal(KIND),
  choose: z.enum(['turns', 'stall', 'bandit']),
  of: z
    .array(z.strictObject({ name: z.string(), weight: z.number().positive(), author: authorSettings }))
    .min(1),
});
type SeveralSettings = z.infer<typeof severalSettings>;

/** Makes the kind from what finds any author, each of the several among them. */
export function createSeveral(findAuthor: AuthorKind): AuthorKind {
  return defineAuthor(severalSettings, (settings): AuthorDefinition => {
    const found = settings.of.map(({ author }) => findMember(findAuthor, author));
    const members = found.flatMap((member) => (member.ok ? [member.value] : []));
    const [unreplayable] = members.flatMap((member) => member.unreplayable ?? []);
    const [failure = null] = found.flatMap((member) => (member.ok ? [] : [member]));
    const traits = {
      spendsModelCalls: members.some(({ spendsModelCalls }) => spendsModelCalls),
      hasIndependentSamples: members.length > 0 && members.every((each) => each.hasIndependentSamples),
      readsWords: members.some(({ readsWords = false }) => readsWords),
      answersFromOutside: members.some(({ answersFromOutside = false }) => answersFromOutside),
      memberCount: settings.of.length,
    };
    const create = (dependencies: AuthorDependencies): Result<Author> => {
      if (failure !== null) return failure;
      const authors: Author[] = [];
      for (const member of members) {
        const author = member.create(dependencies);
        if (!author.ok) return author;
        authors.push(author.value);
      }
      const propose = (request: AuthorRequest) => proposeByMember(settings, authors, request);
      const close = async (state: RunState | null) => {
        for (const author of authors) await author.close?.(state);
      };
      return { ok: true, value: { kind: KIND, ...traits, propose, close } };
    };
    return {
      ...traits,
      sampling: null,
      keys: [...new Set(members.flatMap(({ keys = [] }) => keys))],
      ...(unreplayable !== undefined && { unreplayable }),
      findObstacle: (variables) => failure ?? findFirstObstacle(members, variables),
      create,
    };
  });
}

/** Finds a member; one that is made of several itself would take the turns of the others for its own. */
function findMember(
  findAuthor: AuthorKind,
  settings: SeveralSettings['of'][number]['author'],
): Result<AuthorDefinition> {
  const of = authorSettings.safeParse(settings['of']);
  if (settings.kind !== KIND && (!of.success || of.data.kind !== KIND)) return findAuthor(settings);
  const message = 'One of several authors cannot be several itself, nor replay a run of several.';
  return { ok: false, code: 'bad_settings', message, detail: null };
}

function findFirstObstacle(
  members: readonly AuthorDefinition[],
  variables: Parameters<AuthorDefinition['findObstacle']>[0],
): Failure | null {
  for (const member of members) {
    const obstacle = member.findObstacle(variables);
    if (obstacle !== null) return obstacle;
  }
  return null;
}

/** Asks the author whose turn it is. It is shown all of the run, and how often it was asked itself. */
async function proposeByMember(
  { of, choose }: SeveralSettings,
  authors: readonly Author[],
  request: AuthorRequest,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  const weights = of.map(({ weight }) => weight);
  const number = chooseMember(request, weights, choose);
  const author = number === null ? undefined : authors[number - 1];
  if (number === null || author === undefined)
    return createFailure('exhausted', 'None of the authors has anything left to propose.', {
      call: null,
      usage: {},
      isLasting: true,
    });
  const { memberTurns } = request.state;
  const ownGeneration = memberTurns.filter(({ member }) => member === number).length;
  const member: AuthorMember = { number, name: of[number - 1]?.name ?? author.kind };
  const answer = await author.propose({ ...request, ownGeneration, tools: request.tools.by(member) });
  if (!answer.ok) return { ...answer, member };
  const { exhausted } = answer.value;
  const done = new Set(memberTurns.flatMap((turn) => (turn.isExhausted ? [turn.member] : [])));
  const isLast = authors.every((_, index) => index + 1 === number || done.has(index + 1));
  return {
    ok: true,
    value: {
      ...answer.value,
      member: exhausted ? { ...member, exhausted } : member,
      exhausted: exhausted && isLast,
    },
  };
}
