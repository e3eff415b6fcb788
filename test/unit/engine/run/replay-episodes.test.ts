import { findHead, type AuthorRequest, type KeptTrace } from '../../../../packages/engine/src/index';
import { ScriptedAuthor, toySettings } from '../simulation';
import { ofType, run, world } from '../toy-run';

/** Looks at an episode of the head twice before it proposes. */
class LookingAuthor extends ScriptedAuthor {
  readonly seen: (KeptTrace | null)[] = [];

  override async propose(request: AuthorRequest): ReturnType<ScriptedAuthor['propose']> {
    const head = findHead(request.state);
    const [first] = head === null ? [] : await request.episodes(head.id);
    if (head !== null && first !== undefined)
      for (let time = 0; time < 2; time++) this.seen.push(await request.replay(head.id, first.seed));
    const answer = await super.propose(request);
    return answer.ok ? { ...answer, value: { ...answer.value, tracedSteps: 10 } } : answer;
  }
}

const script = [[{ mean: 1 }], [{ mean: 0 }], [{ mean: -1 }]];

function look() {
  const all = { ...world(script), author: new LookingAuthor(script) };
  return { ...all, countTraces: () => all.evaluator.asked.filter((method) => method === 'trace').length };
}

test('an author sees an episode of the head step by step; it is replayed once, and no budget counts it', async () => {
  const plain = world(script);
  const without = await run(plain, { settings: { simplify: false } });
  const all = look();
  const state = await run(all, { settings: { simplify: false } });
  expect(all.author.seen).toHaveLength(4);
  expect(all.author.seen[0]).toMatchObject({ return: 1, length: 10, extremes: { '0': [0.5, 0.5] } });
  expect(all.countTraces()).toBe(1);
  expect(state.usage).toEqual(without.usage);
  expect(ofType(all.journal.events, 'author_answered')[0]?.tracedSteps).toBe(10);
});

test('an episode that comes out differently, or cannot be replayed, is not shown and stops nothing', async () => {
  const different = look();
  different.evaluator.interfere = (method) => {
    if (method === 'trace') different.evaluator.drift = 5;
    return undefined;
  };
  await run(different, { settings: { simplify: false } });
  expect(different.author.seen[0]).toBeNull();

  const failing = look();
  failing.evaluator.interfere = (method) =>
    method === 'trace' ? { ok: false, code: 'environment_error', message: 'lost', detail: null } : undefined;
  const state = await run(failing, { settings: { simplify: false } });
  expect(failing.author.seen[0]).toBeNull();
  expect(state.stopped?.reason).not.toBe('failed');

  const { environment } = toySettings();
  const unrepeatable = look();
  await run(unrepeatable, {
    settings: { simplify: false, environment: { ...environment, unrepeatable: true } },
  });
  expect(unrepeatable.author.seen[0]).toBeNull();
  expect(unrepeatable.countTraces()).toBe(0);
});
