/** Several authors in one run: who is asked, with which number of its own, and how all have nothing left. */
import type { Author, AuthorMember, Evaluator, RunEvent } from '@policybook/engine';
import { z } from 'zod';
import { createAuthor, readAuthorTraits } from '../../../packages/authors/src';
import { chooseMember, type Choosing } from '../../../packages/authors/src/choose-member';
import { buildEvent, stateAfter } from '../../fixtures/run-events';
import {
  authorRequest,
  id,
  MemoryCalls,
  openAiSettings,
  proposed,
  settings,
  UNUSED_PORTS,
} from './run-request';

/** A turn of an author: a call of so many tokens, and then what the head's estimate became, `null` for no other head. */
interface Turn {
  readonly member: number;
  readonly tokens?: number;
  readonly estimate: number | null;
  readonly exhausted?: true;
}

function play(turns: readonly Turn[]): RunEvent[] {
  return turns.flatMap(({ member: number, tokens = 100, estimate, exhausted }, generation) => {
    const member: AuthorMember = { number, name: `author ${number}`, ...(exhausted && { exhausted }) };
    const candidate = id(generation + 1);
    return [
      buildEvent('author_answered', { generation, member, usage: { calls: 1, tokensIn: tokens } }),
      proposed(generation + 1, { generation }),
      ...(estimate === null ? [] : [buildEvent('head_changed', { candidate, estimate })]),
    ];
  });
}

const budget = { ...settings.budget, tokens: 10_000 };

function choose(turns: readonly Turn[], choosing: Choosing, weights = [1, 1]): number | null {
  const declared = buildEvent('run_declared', { settings: { ...settings, budget } });
  const state = stateAfter([declared, ...play(turns)]);
  return chooseMember({ state }, weights, choosing);
}

/** Whom the choice asks, one after the other, where nothing is ever gained. */
function listChosen(choosing: Choosing, count: number, weights: readonly number[]): (number | null)[] {
  const turns: Turn[] = [{ member: choose([], choosing, [...weights]) ?? 0, estimate: 1 }];
  while (turns.length < count)
    turns.push({ member: choose(turns, choosing, [...weights]) ?? 0, estimate: null });
  return turns.map(({ member }) => member);
}

describe('who is asked', () => {
  test('in turns, by weight', () => {
    expect(listChosen('turns', 6, [1, 1, 1])).toEqual([1, 2, 3, 1, 2, 3]);
    expect(listChosen('turns', 6, [2, 1])).toEqual([1, 2, 1, 1, 2, 1]);
    expect(listChosen('turns', 4, [1, 3])).toEqual([2, 1, 2, 2]);
  });

  test('the next one where one has brought nothing in two turns in a row', () => {
    expect(listChosen('stall', 7, [1, 1, 1])).toEqual([1, 1, 1, 2, 2, 3, 3]);
    const headless = [1, 1].map((member) => ({ member, estimate: null }));
    expect(choose(headless, 'stall')).toBe(2);
    const gaining = [1, 1, 1, 1].map((member, index) => ({ member, estimate: index }));
    expect(choose(gaining, 'stall')).toBe(1);
    const stalled = [...gaining, { member: 1, estimate: null }, { member: 1, estimate: null }];
    expect(choose(stalled, 'stall')).toBe(2);
  });

  test('by gain per cost, the others now and then', () => {
    const start = { member: 1, estimate: 0 };
    const cheap = { member: 1, tokens: 10, estimate: 30 };
    // Both gain ten, and the second takes a hundred times as many tokens for it.
    const dear = { member: 2, tokens: 1000, estimate: 20 };
    expect(choose([start], 'bandit')).toBe(2);
    const turns = [start, dear, cheap, { ...dear, estimate: 40 }];
    expect(choose(turns, 'bandit')).toBe(1);
    const many = Array.from({ length: 40 }, (_, index) => ({ ...cheap, estimate: 50 + index }));
    expect(choose([...turns, ...many], 'bandit')).toBe(2);
  });

  test('nobody who has nothing left', () => {
    const done = { member: 1, estimate: 1, exhausted: true } as const;
    for (const choosing of ['turns', 'stall', 'bandit'] as const) {
      expect(choose([done], choosing)).toBe(2);
      expect(choose([done, { ...done, member: 2 }], choosing)).toBe(null);
    }
  });
});

describe('the author several', () => {
  const rounds: number[] = [];
  const search: Evaluator['request'] = (_method, params) => {
    const { round } = z.looseObject({ round: z.number() }).parse(params);
    rounds.push(round);
    const usage = { episodes: 0, steps: 0, modelSteps: 0, cpuSeconds: 0 };
    const value = { proposals: [], usage, findings: [], limitation: null, exhausted: round > 0 };
    return Promise.resolve({ ok: true, value } as never);
  };
  const of = [
    { name: 'search', weight: 1, author: { kind: 'search' } },
    { name: 'search (2)', weight: 1, author: { kind: 'search' } },
  ];

  function create(several: Parameters<typeof createAuthor>[0]): ReturnType<typeof createAuthor> {
    return createAuthor(several, {
      evaluator: { request: search },
      calls: new MemoryCalls(),
      variables: {},
      notice: () => undefined,
      ...UNUSED_PORTS,
    });
  }

  function require(created: ReturnType<typeof create>): Author {
    if (!created.ok) throw new Error(created.message);
    return created.value;
  }

  test('each counts its own rounds, and all have nothing left when the last one has', async () => {
    const author = require(create({ kind: 'several', choose: 'turns', of }));
    const events: RunEvent[] = [];
    const answered: unknown[] = [];
    for (let generation = 0; generation < 4; generation++) {
      const answer = await author.propose(authorRequest({ generation, events }));
      if (!answer.ok) throw new Error(answer.message);
      const { member, exhausted } = answer.value;
      if (member === undefined) throw new Error('no member is said');
      answered.push([member, exhausted]);
      events.push(buildEvent('author_answered', { generation, member, exhausted }));
    }
    expect(rounds).toEqual([0, 0, 1, 1]);
    expect(answered).toEqual([
      [{ number: 1, name: 'search' }, false],
      [{ number: 2, name: 'search (2)' }, false],
      [{ number: 1, name: 'search', exhausted: true }, false],
      [{ number: 2, name: 'search (2)', exhausted: true }, true],
    ]);
  });

  test('the tools of an author record their uses as its own, and the run waits outside where one of them does', async () => {
    const named: AuthorMember[] = [];
    const { tools, ...request } = authorRequest();
    const by = (member: AuthorMember) => {
      named.push(member);
      return tools;
    };
    const author = require(create({ kind: 'several', choose: 'turns', of }));
    await author.propose({ ...request, tools: { ...tools, by } });
    expect(named).toEqual([{ number: 1, name: 'search' }]);
    const human = { name: 'human', weight: 1, author: { kind: 'human' } };
    const read = (members: typeof of) => readAuthorTraits({ kind: 'several', choose: 'turns', of: members });
    expect(read(of)).toMatchObject({ readsWords: false, answersFromOutside: false });
    expect(read([...of, human])).toMatchObject({ readsWords: false, answersFromOutside: true });
  });

  test('a missing key of any is said before the run begins, and several stand in no several', () => {
    const model = { name: 'model', weight: 1, author: openAiSettings() };
    expect(create({ kind: 'several', choose: 'turns', of: [...of, model] })).toMatchObject({
      code: 'missing_key',
    });
    const nested = { name: 'inner', weight: 1, author: { kind: 'several', choose: 'turns', of } };
    expect(create({ kind: 'several', choose: 'turns', of: [nested] })).toMatchObject({
      code: 'bad_settings',
    });
  });
});
