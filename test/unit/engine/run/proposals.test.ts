/** What an author says of a proposal reaches the record. */
import {
  candidateId,
  formatPredictions,
  type AuthorRequest,
  type Proposal,
} from '../../../../packages/engine/src/index';
import { ScriptedAuthor } from '../simulation';
import { ofType, run, world } from '../toy-run';

/** Says of each proposal, in their order over all generations, what `said` has for it. */
class SayingAuthor extends ScriptedAuthor {
  private proposed = 0;

  constructor(
    script: ConstructorParameters<typeof ScriptedAuthor>[0],
    private readonly said: readonly Partial<Proposal>[],
  ) {
    super(script);
  }

  override async propose(request: AuthorRequest): ReturnType<ScriptedAuthor['propose']> {
    const answer = await super.propose(request);
    if (!answer.ok) return answer;
    const proposals = answer.value.proposals.map((each) => ({ ...each, ...this.said[this.proposed++] }));
    return {
      ...answer,
      value: { ...answer.value, proposals, earlierCalls: ['a call.json'], notes: ['It is windy.'] },
    };
  }
}

test('a proposal names what it was made of: one candidate, two that it joins, or by default the head', async () => {
  const [one, two, nobody] = [1, 2, 40].map((each) => candidateId.parse(each));
  const script = [
    [{ mean: 1 }, { mean: 9 }],
    [{ mean: 2 }, { mean: 3 }, { mean: 4 }, { mean: 5 }],
  ];
  const said = [
    {},
    {},
    {},
    { parent: one },
    { parent: one, joined: two },
    { parent: nobody, joined: nobody },
  ];
  const all = { ...world(script), author: new SayingAuthor(script, said) };
  await run(all, { settings: { simplify: false, tune: false } });
  const proposed = ofType(all.journal.events, 'candidate_proposed');
  expect(proposed.map(({ parent }) => parent)).toEqual([null, null, 2, 1, 1, 2]);
  expect(proposed.map(({ joined }) => joined ?? null)).toEqual([null, null, null, null, 2, null]);
  expect(ofType(all.journal.events, 'author_answered')[0]?.earlierCalls).toEqual(['a call.json']);
});

test('what an author expects and wants to remember is recorded, and how often its predictions were right is said', async () => {
  const script = [[{ mean: 1 }], [{ mean: 9 }, { mean: 5 }], [{ mean: 2 }]];
  const said = [{}, { expected: 8 }, { expected: -100 }, { expected: 4 }];
  const all = { ...world(script), author: new SayingAuthor(script, said) };
  const state = await run(all, { settings: { simplify: false, tune: false } });
  const proposed = ofType(all.journal.events, 'candidate_proposed');
  expect(proposed.map(({ expected }) => expected)).toEqual([undefined, 8, -100, 4]);
  expect(state.notes[1]).toEqual({ generation: 1, text: 'It is windy.' });
  expect(formatPredictions(state)).toBe(
    '3 gains predicted, 3 measured: 1 had the right sign, 1 the right size (within two standard errors)',
  );
  expect(formatPredictions({ ...state, candidates: new Map() })).toBeNull();
});
