/** Tools that an author uses before it answers: each use is an event, is charged once, and a killed run goes on in the middle of them. */
import { fold, type Author, type AuthorRequest, type RunEvent } from '../../../../packages/engine/src/index';
import { UNLIMITED_BUDGET } from '../../../../packages/protocol/src';
import { MemoryJournal, ScriptedAuthor, toySource } from '../simulation';
import { ofType, run, world, type World } from '../toy-run';

/** Has two texts played, tunes the better one, and proposes what came of it. */
class ToolUser extends ScriptedAuthor {
  readonly answers: unknown[] = [];

  constructor() {
    super([[{ mean: 0, luck: 10 }], [{ mean: 1, luck: 10 }]], false);
  }

  override async propose(request: AuthorRequest): ReturnType<Author['propose']> {
    const scripted = await super.propose(request);
    if (!scripted.ok || request.generation > 0) return scripted;
    const { tools } = request;
    const before = tools.episodesLeft;
    const low = await tools.evaluate(toySource({ mean: 10, luck: 10 }), 8);
    const source = toySource({ mean: 30, luck: 10, slack: 20 });
    const high = await tools.evaluate(source, 8);
    await tools.note('note', 'notes that the floor is flat');
    const tuned = await tools.tune(source, 100);
    const broken = await tools.evaluate(toySource({ mean: 1, broken: 'raised' }), 8);
    this.answers.push({ low, high, tuned, broken, spent: before - tools.episodesLeft });
    if (!tuned.ok) return scripted;
    const proposal = { label: 'tuned', idea: 'An idea.', source: tuned.value.source };
    return { ok: true, value: { ...scripted.value, proposals: [proposal], usage: {} } };
  }
}

function toolWorld(journal = new MemoryJournal()): World & { author: ToolUser } {
  return { ...world(undefined, journal), author: new ToolUser() };
}

test('each use of a tool is an event before the answer, and what it played is charged', async () => {
  const journal = new MemoryJournal();
  const used = toolWorld(journal);
  const state = await run(used, { settings: { budget: { ...UNLIMITED_BUDGET, episodes: 900 } } });
  const uses = ofType(journal.events, 'tool_used');
  expect(uses.map(({ tool }) => tool)).toEqual(['evaluate', 'evaluate', 'note', 'tune', 'evaluate']);
  expect(uses.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^evaluated a policy on 8 episodes: mean /),
    expect.stringMatching(/^evaluated a policy on 8 episodes: mean /),
    'notes that the floor is flat',
    expect.stringMatching(/^tuned the constants of a policy in \d+ episodes$/),
    expect.stringMatching(/^evaluated a policy, which fails: /),
  ]);
  const types = journal.events.map(({ type }) => type);
  expect(types.slice(0, 7)).toEqual(['run_declared', ...uses.map(() => 'tool_used'), 'author_answered']);
  const spent = uses.reduce((sum, { usage }) => sum + (usage.episodes ?? 0), 0);
  expect(used.author.answers).toMatchObject([
    { spent, low: { ok: true }, high: { ok: true }, tuned: { ok: true } },
  ]);
  expect(fold(journal.events.slice(0, 7))?.usage.episodes).toBe(spent);
  expect([...state.candidates.values()][0]?.label).toBe('tuned');
});

test('a run that was killed anywhere among the uses of tools goes on as if it had not been', async () => {
  const policies = new Map<string, string>();
  const whole = new MemoryJournal(policies);
  await run(toolWorld(whole));
  const answered = whole.events.findIndex(({ type }) => type === 'author_answered');
  for (let kept = 1; kept <= answered + 2; kept++) {
    const journal = new MemoryJournal(policies);
    const before: RunEvent[] = whole.events.slice(0, kept);
    await run(toolWorld(journal), { resumeFrom: before });
    expect([...before, ...journal.events]).toEqual(whole.events);
  }
});

test('tools take at most half of the episodes left, and say so where they are refused', async () => {
  const used = toolWorld();
  await run(used, { settings: { budget: { ...UNLIMITED_BUDGET, episodes: 20 } } });
  expect(used.author.answers).toMatchObject([
    {
      low: { ok: true, value: { episodes: { length: 8 } } },
      high: { ok: true, value: { episodes: { length: 2 } } },
      tuned: { ok: false, failure: null },
      broken: { ok: false, failure: null },
    },
  ]);
});

/** Uses tools as one of several authors does. */
class Member extends ScriptedAuthor {
  readonly episodesLeft: (number | null)[] = [];

  override async propose(request: AuthorRequest): ReturnType<Author['propose']> {
    const tools = request.tools.by(MEMBER);
    await tools.note('read', 'read the history');
    await tools.evaluate(toySource({ mean: 1 }), 30);
    this.episodesLeft.push(tools.episodesLeft, request.tools.episodesLeft);
    const answer = await super.propose(request);
    return answer.ok ? { ok: true, value: { ...answer.value, member: MEMBER } } : answer;
  }
}

const MEMBER = { number: 2, name: 'openai gpt-x' };

test('uses of tools and candidates name the one of several authors that they are of', async () => {
  const author = new Member([[{ mean: 0 }]], false);
  const journal = new MemoryJournal();
  const state = await run(
    { ...world([], journal), author },
    { settings: { simplify: false, tune: false, budget: { ...UNLIMITED_BUDGET, episodes: 900 } } },
  );
  const uses = ofType(journal.events, 'tool_used');
  expect(uses.map(({ tool, member }) => [tool, member])).toEqual([
    ['read', MEMBER],
    ['evaluate', MEMBER],
  ]);
  expect([...state.candidates.values()].map((candidate) => candidate.author)).toEqual(['openai gpt-x']);
  // Both write into one budget.
  expect(author.episodesLeft).toEqual([420, 420]);
});

/** Proposes nothing at first, for 80 episodes of 8 steps; then it uses tools as the test does. */
class ToolTester extends ScriptedAuthor {
  constructor(private readonly work: (tools: AuthorRequest['tools']) => Promise<void>) {
    super([[], [{ mean: 0, luck: 10 }]], false);
  }

  override async propose(request: AuthorRequest): ReturnType<Author['propose']> {
    if (request.generation === 1) await this.work(request.tools);
    const answer = await super.propose(request);
    if (!answer.ok || request.generation > 0) return answer;
    return { ok: true, value: { ...answer.value, usage: { episodes: 80, steps: 640 } } };
  }
}

async function use(
  work: (tools: AuthorRequest['tools']) => Promise<void>,
  budget: Partial<typeof UNLIMITED_BUDGET> = {},
) {
  const used = { ...world(), author: new ToolTester(work) };
  used.evaluator.steps = () => 12;
  await run(used, { settings: { budget: { ...UNLIMITED_BUDGET, episodes: 900, ...budget } } });
  return {
    asked: used.evaluator.asked,
    uses: ofType(used.journal.events, 'tool_used').map(({ tool, message, usage }) => [tool, message, usage]),
  };
}

const steady = toySource({ mean: 10 });

test('no episode is traced or played that might pass the limit of steps, and that is said', async () => {
  // An episode may have 50 steps, and these have 12: five of them leave 45 of the 105 steps that are left.
  const { uses, asked } = await use(
    async (tools) => {
      await tools.evaluate(steady, 4);
      await tools.trace(steady, 0, 'trace');
      expect(await tools.trace(steady, 1, 'trace')).toMatchObject({ ok: false, failure: null });
      expect(await tools.evaluate(steady, 1)).toMatchObject({ ok: false, failure: null });
    },
    { steps: 745 },
  );
  const refused = (tool: string, what: string): unknown[] => [
    tool,
    expect.stringMatching(new RegExp(`^too few steps.* are left to ${what} a policy before the answer`)),
    {},
  ];
  expect(uses).toEqual([
    ['evaluate', 'evaluated a policy on 4 episodes: mean 10', { episodes: 4, steps: 48 }],
    ['trace', 'traced a policy over 12 steps: return 10', { episodes: 1, steps: 12 }],
    refused('trace', 'trace'),
    refused('evaluate', 'evaluate'),
  ]);
  expect(asked.filter((method) => method === 'trace')).toHaveLength(1);
});

test('an episode that plays given actions is a probe to people who watch', async () => {
  const { uses } = await use(async (tools) => {
    await tools.trace(steady, 0, 'probe');
  });
  expect(uses).toEqual([['probe', 'probed actions over 12 steps: return 10', { episodes: 1, steps: 12 }]]);
});

test('tuning a text without marked constants, or one that cannot be read or played, says so and takes an episode at most', async () => {
  const { uses, asked } = await use(async (tools) => {
    expect(await tools.tune(steady, 100)).toMatchObject({ ok: false, failure: null });
    expect(await tools.tune(toySource({ mean: 1, broken: 'syntax_error' }), 100)).toMatchObject({
      ok: false,
      failure: { code: 'syntax_error' },
    });
    expect(await tools.tune(toySource({ mean: 1, slack: 2, broken: 'raised' }), 100)).toMatchObject({
      ok: false,
      failure: { code: 'raised', line: 3 },
    });
  });
  expect(uses).toEqual([
    ['tune', expect.stringMatching(/^nothing is marked in this policy: .*# tune: \[0, 1\]/), {}],
    ['tune', 'tried to tune a policy, which fails: not Python', {}],
    ['tune', 'tried to tune a policy, which fails: ZeroDivisionError', { episodes: 1, steps: 4 }],
  ]);
  expect(asked).not.toContain('tune');
});
