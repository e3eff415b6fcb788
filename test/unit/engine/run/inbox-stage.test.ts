/** What the user says to a run: policies by hand join it, notes are kept, rejected candidates are chosen no more; each is an event. */
import {
  formatAccepted,
  isLastChoice,
  type Inbox,
  type RunEvent,
  type RunState,
  type UserMessage,
} from '../../../../packages/engine/src/index';
import { id } from '../../../fixtures/run-events';
import { MemoryJournal, toySource, type ToyPolicy } from '../simulation';
import { ofType, run, world } from '../toy-run';

const SETTINGS = { simplify: false, tune: false, seed: 2 };
const SCRIPT: readonly (readonly ToyPolicy[])[] = [
  [{ mean: 0, luck: 2 }],
  [{ mean: 40, luck: 2 }],
  [{ mean: 30, luck: 2 }],
];
const BY_HAND: UserMessage = { kind: 'policy', name: 'mine', source: toySource({ mean: 80, luck: 2 }) };

/** Says messages when the loop looks for the so-manieth time: each look counts from 0. */
class TimedInbox implements Inbox {
  private looks = 0;

  constructor(private readonly messages: ReadonlyMap<number, UserMessage>) {}

  take(): UserMessage | null {
    return this.messages.get(this.looks++) ?? null;
  }
}

function start(messages: readonly [look: number, message: UserMessage][], journal = new MemoryJournal()) {
  const all = world(SCRIPT, journal, false);
  return run(all, { settings: SETTINGS, inbox: new TimedInbox(new Map(messages)) });
}

const label = (state: RunState) => state.candidates.get(state.head ?? id(0))?.label;

test('a policy by hand joins between generations, is raced like any other, and becomes head by what it scores', async () => {
  const journal = new MemoryJournal();
  const state = await start([[1, BY_HAND]], journal);
  expect(label(state)).toBe('mine');
  const [proposed] = ofType(journal.events, 'candidate_proposed').filter((event) => event.label === 'mine');
  expect(proposed).toMatchObject({ kind: 'by_hand', generation: 0, parent: 1 });
  expect(
    ofType(journal.events, 'candidate_raced').some(({ candidate }) => candidate === proposed?.candidate),
  ).toBe(true);
  const types = journal.events.map(({ type }) => type);
  const received = types.indexOf('message_received');
  expect(types.slice(received, received + 2)).toEqual(['message_received', 'candidate_proposed']);
});

test('a policy by hand that is worse changes nothing', async () => {
  const worse: UserMessage = { kind: 'policy', name: 'mine', source: toySource({ mean: -50, luck: 2 }) };
  expect(label(await start([[2, worse]]))).not.toBe('mine');
});

test('a policy by hand that cannot be played is rejected, and the run goes on', async () => {
  const broken: UserMessage = {
    kind: 'policy',
    name: 'mine',
    source: toySource({ mean: 9, broken: 'raised' }),
  };
  const state = await start([[1, broken]]);
  expect([...state.candidates.values()].find((each) => each.label === 'mine')).toMatchObject({
    verdict: 'rejected',
    failure: { code: 'raised' },
  });
  expect(state.candidates.size).toBeGreaterThan(2);
});

test('a rejected head gives way to the best of the others and is chosen no more, and what was shown stays', async () => {
  const journal = new MemoryJournal();
  const without = await start([]);
  const best = without.head ?? id(0);
  const state = await start([[3, { kind: 'reject', candidate: best }]], journal);
  expect(state.head).not.toBe(best);
  expect(state.candidates.get(best)?.isRejectedByUser).toBe(true);
  const after = journal.events.slice(journal.events.findIndex(({ type }) => type === 'message_received'));
  expect(ofType(after, 'head_changed').map(({ candidate }) => candidate)).not.toContain(best);
  expect(ofType(after, 'champion_promoted').map(({ candidate }) => candidate)).not.toContain(best);
});

test('a rejected policy stays head where no other plays, takes no more episodes, and the run says so', async () => {
  const script: ToyPolicy[][] = [[{ mean: 40, luck: 2, slack: 8 }], [{ mean: 1, broken: 'raised' }]];
  const start = (inbox: Inbox, journal: MemoryJournal) =>
    run(world(script, journal, false), { settings: { seed: 2 }, inbox });
  const measured = new MemoryJournal();
  await start({ take: () => null }, measured);
  expect(measured.events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['head_measured', 'tuner_finished']),
  );
  const journal = new MemoryJournal();
  const inbox = new TimedInbox(new Map([[1, { kind: 'reject', candidate: id(1) }]]));
  const state = await start(inbox, journal);
  expect(state.head).toBe(1);
  const after = journal.events.slice(journal.events.findIndex(({ type }) => type === 'message_received'));
  const playing = after.filter((event) => 'candidate' in event && event.candidate === 1);
  expect(playing).toEqual([]);
  expect(state.stopped?.message).toContain(
    '@1 is rejected by you, and stays because nothing else is left that can be played',
  );
});

test('of two rejected policies the one stays that was head, whatever their means', async () => {
  const inbox = new TimedInbox(
    new Map([
      [2, { kind: 'reject', candidate: id(2) }],
      [3, { kind: 'reject', candidate: id(1) }],
    ]),
  );
  const state = await run(world(SCRIPT.slice(0, 2), undefined, false), { settings: SETTINGS, inbox });
  expect(state.headHistory.map(({ candidate }) => candidate)).toEqual([1, 2, 1]);
  expect([...state.candidates.values()].every(({ isRejectedByUser }) => isRejectedByUser)).toBe(true);
});

test('a policy that comes after all others were rejected is head', async () => {
  const state = await start([
    [1, { kind: 'reject', candidate: id(1) }],
    [2, BY_HAND],
  ]);
  expect(state.candidates.get(state.head ?? id(0))?.isRejectedByUser).toBe(false);
});

test('whether nothing else would be left is known before a policy is rejected', async () => {
  const whole = await start([]);
  expect(isLastChoice(whole, id(1))).toBe(false);
  const alone = await run(world([[{ mean: 4 }], [{ mean: 1, broken: 'raised' }]], undefined, false));
  expect([1, 2].map((each) => isLastChoice(alone, id(each)))).toEqual([true, false]);
});

test('notes are kept in their order', async () => {
  const note = (text: string): UserMessage => ({ kind: 'note', text });
  const state = await start([
    [0, note('weigh the lean')],
    [1, note('slower')],
  ]);
  expect(state.userNotes).toEqual(['weigh the lean', 'slower']);
});

test('a run that is said nothing records what it recorded without an inbox', async () => {
  const silent = new MemoryJournal();
  await start([], silent);
  const plain = new MemoryJournal();
  await run(world(SCRIPT, plain, false), { settings: SETTINGS });
  expect(silent.events).toEqual(plain.events);
});

test('a run that was killed anywhere goes on with what it had been said', async () => {
  const policies = new Map<string, string>();
  const whole = new MemoryJournal(policies);
  await start(
    [
      [1, BY_HAND],
      [2, { kind: 'note', text: 'weigh the lean' }],
      [3, { kind: 'reject', candidate: id(1) }],
    ],
    whole,
  );
  const last = whole.events.findLastIndex(({ type }) => type === 'message_received');
  for (let cut = last + 1; cut < whole.events.length; cut++) {
    const journal = new MemoryJournal(new Map(policies));
    const events: RunEvent[] = whole.events.slice(0, cut);
    await run(world(SCRIPT, journal, false), { settings: SETTINGS, resumeFrom: events });
    expect([...events, ...journal.events]).toEqual(whole.events);
  }
});

describe('a policy that the user accepts', () => {
  const acceptFirst: [number, UserMessage] = [2, { kind: 'accept', candidate: id(1) }];
  const heads = (state: RunState) => state.headHistory.map(({ candidate }) => Number(candidate));
  const play = (
    script: readonly (readonly ToyPolicy[])[],
    messages: readonly [number, UserMessage][],
    settings: NonNullable<Parameters<typeof run>[1]>['settings'] = {},
  ) =>
    run(world(script, new MemoryJournal(), false), {
      settings: { ...SETTINGS, ...settings },
      inbox: new TimedInbox(new Map(messages)),
    });
  const worse: readonly (readonly ToyPolicy[])[] = [...SCRIPT.slice(0, 2), [{ mean: -20, luck: 2 }]];

  test('is handed over whatever was better when it was accepted, and is no champion by that', async () => {
    const state = await play(worse, [acceptFirst]);
    expect(heads(state)).toEqual([1, 2, 1]);
    expect(state.accepted).toEqual({ candidate: 1, among: 2 });
    expect(state.stopped?.message).toContain('@1 is accepted by you');
    expect(state.stopped?.message).not.toContain('best estimate');
    // What was passed over gets no more episodes.
    const without = await play(worse, []);
    expect(state.candidates.get(id(2))?.training.size).toBeLessThanOrEqual(
      without.candidates.get(id(2))?.training.size ?? 0,
    );
  });

  test('is the parent of what comes next, which replaces it by the rule of any head', async () => {
    const state = await play(SCRIPT, [acceptFirst]);
    expect(state.candidates.get(id(3))?.parent).toBe(1);
    expect(heads(state)).toEqual([1, 2, 1, 3]);
    expect(formatAccepted(state)).toEqual([
      '@3 leads in place of @1, which you accepted before it was there',
    ]);
  });

  test('gives way to a smaller text that acts as it does', async () => {
    const script: ToyPolicy[][] = [
      [{ mean: 10, luck: 2, excess: 4 }],
      [{ mean: 40, luck: 2 }],
      [{ mean: 1 }],
    ];
    const state = await play(script, [acceptFirst], { simplify: true });
    const head = state.candidates.get(state.head ?? id(0));
    expect(head?.actsAs).toBe(1);
    expect(formatAccepted(state)).toEqual([
      `@${head?.id ?? 0} acts like @1, which you accepted, by a smaller text`,
    ]);
  });

  test('gives way again when it is rejected, and to another that is accepted', async () => {
    const rejected = await play(worse, [acceptFirst, [4, { kind: 'reject', candidate: id(1) }]]);
    // By then the third has played more episodes than the second, which has to catch up.
    expect(heads(rejected)).toEqual([1, 2, 1, 3, 2]);
    expect(rejected.accepted).toBeNull();
    const another = await play(worse, [acceptFirst, [4, { kind: 'accept', candidate: id(3) }]]);
    expect(heads(another)).toEqual([1, 2, 1, 3]);
    expect(another.accepted).toEqual({ candidate: 3, among: 3 });
  });

  test('may have been rejected before', async () => {
    const state = await play(worse, [
      [1, { kind: 'reject', candidate: id(1) }],
      [3, { kind: 'accept', candidate: id(1) }],
    ]);
    expect(state.head).toBe(1);
    expect(state.candidates.get(id(1))?.isRejectedByUser).toBe(false);
    expect(isLastChoice(state, id(1))).toBe(false);
  });

  test('is head although it loses a golden case, and the end says so', async () => {
    const golden = [{ seed: 5, atLeast: 20 }];
    const state = await play(worse, [acceptFirst], { golden });
    expect(state.head).toBe(1);
    expect(state.stopped?.message).toContain('it is head because you accepted it');
  });

  test('goes on being head in a run that was killed anywhere', async () => {
    const policies = new Map<string, string>();
    const whole = new MemoryJournal(policies);
    const messages = new Map([acceptFirst, [4, { kind: 'accept', candidate: id(2) }] as const]);
    await run(world(worse, whole, false), { settings: SETTINGS, inbox: new TimedInbox(messages) });
    const last = whole.events.findLastIndex(({ type }) => type === 'message_received');
    expect(last).toBeGreaterThan(0);
    for (let cut = last + 1; cut < whole.events.length; cut++) {
      const journal = new MemoryJournal(new Map(policies));
      const events: RunEvent[] = whole.events.slice(0, cut);
      await run(world(worse, journal, false), { settings: SETTINGS, resumeFrom: events });
      expect([...events, ...journal.events]).toEqual(whole.events);
    }
  });
});
