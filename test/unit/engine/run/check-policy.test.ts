import type { AuthorRequest, PolicyCheck } from '../../../../packages/engine/src/index';
import { ScriptedAuthor, toySettings, toySource, type ToyPolicy } from '../simulation';
import { ofType, run, world } from '../toy-run';

/** Tries some texts before it proposes the script's, and says what that took. */
class TryingAuthor extends ScriptedAuthor {
  readonly checks: PolicyCheck[] = [];

  constructor(
    script: readonly (readonly ToyPolicy[])[],
    private readonly tried: readonly ToyPolicy[],
  ) {
    super(script);
  }

  override async propose(request: AuthorRequest): ReturnType<ScriptedAuthor['propose']> {
    for (const policy of this.tried) this.checks.push(await request.check(toySource(policy)));
    const answer = await super.propose(request);
    return answer.ok ? { ...answer, value: { ...answer.value, repaired: ['first.json'] } } : answer;
  }
}

const script = [[{ mean: 1 }, { mean: 2 }]];

test('an author may try texts before it proposes: they are parsed and play one episode of one seed', async () => {
  const tried: ToyPolicy[] = [
    { mean: 1 },
    { mean: 3, broken: 'syntax_error' },
    { mean: 4, broken: 'raised' },
  ];
  const author = new TryingAuthor(script, tried);
  const all = { ...world(script), author };
  await run(all, { settings: { simplify: false } });
  const [fine, unparsed, raised] = author.checks;
  expect(fine).toEqual({ failure: null, usage: { episodes: 1, steps: 10 } });
  expect(unparsed).toMatchObject({ failure: { code: 'syntax_error' }, usage: {} });
  expect(raised).toMatchObject({ failure: { code: 'raised' }, usage: { episodes: 1 } });
  expect(ofType(all.journal.events, 'author_answered')[0]?.repaired).toEqual(['first.json']);
});

test('what was tried before counts: where no episode is left a text is only parsed', async () => {
  const tried = Array.from({ length: 6 }, (_, index): ToyPolicy => ({ mean: index }));
  const author = new TryingAuthor(script, tried);
  const budget = { ...toySettings().budget, episodes: 4 };
  await run({ ...world(script), author }, { settings: { budget, simplify: false } });
  expect(author.checks.map(({ usage }) => usage.episodes ?? 0)).toEqual([1, 1, 1, 1, 0, 0]);
});
