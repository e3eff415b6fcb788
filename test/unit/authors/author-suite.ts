/** What the loop relies on in every author: each implementation runs these tests. */
import { type Author, type AuthorRequest, type AuthorSettings, type AuthorTraits } from '@policybook/engine';
import { resourceUsage } from '@policybook/protocol';
import { readAuthorTraits } from '../../../packages/authors/src';
import { score } from '../../fixtures/run-events';
import { authorRequest, compared, id, promoted, proposed } from './run-request';

/** An author, asked for its first answers in a run of its own. */
export interface AuthorUnderTest {
  readonly author: Author;
  readonly settings: AuthorSettings;
  /** How often the world that the author asks (an evaluator, a server) was asked. */
  readonly countRequests: () => number;
  /** From now on the world answers with a failure that no further attempt mends. */
  readonly failFromNowOn: () => void;
}

/** What the tests ask, in this order. */
export const ASKED = (): readonly AuthorRequest[] => [
  authorRequest(),
  authorRequest({ generation: 1, events: LATER }),
  authorRequest({ generation: 3, events: LATER }),
];

/** Events of a run that has come some way: a champion, and a challenger that was not shown to be better. */
const LATER = [
  proposed(1),
  promoted(1, score(100)),
  proposed(2),
  compared(2, 1, { challengerScore: score(110), championScore: score(100) }),
];

/**
 * Describes the contract of the engine's `Author`; `create` makes one with a run that has asked it nothing yet. One that is free
 * calls models that were paid before.
 */
export function describeAuthor(
  name: string,
  traits: AuthorTraits,
  create: () => Promise<AuthorUnderTest>,
  { isFree = false } = {},
): void {
  describe(`the author ${name}`, () => {
    test('has the traits that its settings say, before there is a run', async () => {
      const { author, settings } = await create();
      const { kind, spendsModelCalls, hasIndependentSamples } = author;
      expect(kind).toBe(settings.kind);
      expect(traits).toMatchObject({ spendsModelCalls, hasIndependentSamples });
      expect(readAuthorTraits(settings)).toEqual(traits);
    });

    test.each([
      ['first', authorRequest()],
      ['later', authorRequest({ generation: 3, events: LATER })],
    ])(
      'proposes texts with a label and an idea, and says what they cost (%s generation)',
      async (_, request) => {
        const { author } = await create();
        const answer = await author.propose(request);
        if (!answer.ok) throw new Error(answer.message);
        const { proposals, usage, call } = answer.value;
        expect(proposals.length).toBeGreaterThan(0);
        for (const { label, idea, source } of proposals) {
          expect([label, idea].map((text) => text.trim().length > 0 && !text.includes('\n'))).toEqual([
            true,
            true,
          ]);
          expect(source).toContain('def act(');
        }
        expect(resourceUsage.parse(usage)).toEqual(usage);
        expect(Object.values(usage).every((amount) => amount !== 0)).toBe(true);
        expect(call !== null).toBe(traits.spendsModelCalls);
        expect((usage.calls ?? 0) > 0).toBe(traits.spendsModelCalls && !isFree);
      },
    );

    test('gives the same answer to the same request, as a run that was killed asks again', async () => {
      const { author } = await create();
      const first = await author.propose(authorRequest({ generation: 1, events: LATER }));
      expect(await author.propose(authorRequest({ generation: 1, events: LATER }))).toEqual(first);
    });

    test('changes nothing of what it is shown', async () => {
      const { author } = await create();
      const request = authorRequest({ generation: 1, events: LATER });
      const { state, settings } = structuredClone({ state: request.state, settings: request.settings });
      await author.propose(request);
      expect({ state: request.state, settings: request.settings }).toEqual({ state, settings });
    });

    test('answers with a failure that says what was spent, and never throws one', async () => {
      const subject = await create();
      subject.failFromNowOn();
      const answer = await subject.author.propose(authorRequest());
      expect(answer).toMatchObject({ ok: false, usage: {} });
      if (answer.ok) return;
      expect(answer.code).not.toBe('');
      expect(answer.message).not.toBe('');
      expect(resourceUsage.parse(answer.usage)).toEqual(answer.usage);
      expect(subject.countRequests()).toBeGreaterThan(0);
    });

    test('gives up as cancelled when the run is stopped', async () => {
      const { author } = await create();
      const answer = await author.propose(authorRequest({ signal: AbortSignal.abort() }));
      expect(answer).toMatchObject({ ok: false, code: 'cancelled' });
    });

    test('asks about the candidates of the run only', async () => {
      const { author } = await create();
      const asked: number[] = [];
      const request = authorRequest({ generation: 1, events: LATER });
      await author.propose({
        ...request,
        source: (candidate) => {
          asked.push(candidate);
          return request.source(candidate);
        },
      });
      expect(asked.every((candidate) => request.state.candidates.has(id(candidate)))).toBe(true);
    });
  });
}
