/** Every alarm, out of a whole run that gives cause for it, and a run that gives none. */
import {
  deriveSeeds,
  type AlarmCode,
  type AuthorRequest,
  type RunState,
} from '../../../../packages/engine/src/index';
import { ScriptedAuthor, toySettings, type ToyPolicy } from '../simulation';
import { run, world, type RunOptions } from '../toy-run';

type Script = readonly (readonly ToyPolicy[])[];

async function alarms(script: Script, options: RunOptions = {}, prepared = world(script)) {
  const state = await run(prepared, options);
  return { state, codes: state.alarms.map(({ code, candidate }) => [code, Number(candidate)]) };
}

function messageOf({ alarms: raised }: RunState, code: AlarmCode): string {
  return raised.find((alarm) => alarm.code === code)?.message ?? '';
}

const noisy = { luck: 10, noise: 2 };
const wide = { settings: { returns: [-150, 200] as [number, number] } };

test('a run whose numbers mean what they say raises none', async () => {
  const script = [
    [
      { mean: 0, ...noisy },
      { mean: 40, ...noisy },
    ],
    [{ mean: 80, ...noisy, slack: 5 }],
  ];
  const { state, codes } = await alarms(script, wide);
  expect(state.championHistory.length).toBeGreaterThan(2);
  expect(state.jittered).not.toBeNull();
  expect(codes).toEqual([]);
});

test('the same return on every seed is one number', async () => {
  const { codes, state } = await alarms([[{ mean: 0, ...noisy }], [{ mean: 50 }]], wide);
  expect(codes).toEqual([['zero_variance', 2]]);
  expect(messageOf(state, 'zero_variance')).toMatch(/@2 returned exactly 50 on each of \d+ seeds/);
});

test('constants on a knife edge', async () => {
  const script = [[{ mean: 0, ...noisy }], [{ mean: 90, ...noisy, slack: 0, edge: 60 }]];
  const { codes, state } = await alarms(script, wide);
  expect(codes).toEqual([['knife_edge', 2]]);
  expect(state.jittered?.difference.mean).toBeCloseTo(-60, 0);
  expect(messageOf(state, 'knife_edge')).toMatch(/up to 5 % of their ranges it keeps .* over 64 pairs/);
});

test('training seeds known by heart', async () => {
  const script = [[{ mean: 0, ...noisy }], [{ mean: 20, ...noisy, memory: 120 }]];
  const settings = { returns: [-50, 200] as [number, number], racing: { seeds: 64, most: 64 } };
  const knowing = world(script);
  knowing.evaluator.known = new Set(deriveSeeds(toySettings().seed, ['training'], 64));
  const { codes } = await alarms(script, { settings }, knowing);
  expect(codes).toEqual([['seeds_memorised', 2]]);
});

test('shortened episodes that rank policies otherwise than full ones', async () => {
  const script = [[{ mean: 0, ...noisy }], [{ mean: 60, ...noisy, stamina: 100 }]];
  const short = { ...toySettings().environment, maxEpisodeSteps: 10 };
  const settings = { ...wide.settings, environment: short };
  const { codes, state } = await alarms(script, { settings, fullEpisodeSteps: 50 });
  expect(codes).toEqual([['proxy_rank', 2]]);
  expect(messageOf(state, 'proxy_rank')).toContain('over full episodes of up to 50 steps @1');
  const sturdy = await alarms([[{ mean: 0, ...noisy }], [{ mean: 60, ...noisy }]], {
    settings,
    fullEpisodeSteps: 50,
  });
  expect([sturdy.codes, sturdy.state.isProxyChecked]).toEqual([[], true]);
});

/** Each key on a line of its own, so that champions gain and lose lines. */
class LineByLine extends ScriptedAuthor {
  override async propose(request: AuthorRequest): ReturnType<ScriptedAuthor['propose']> {
    const answer = await super.propose(request);
    if (!answer.ok) return answer;
    const inLines = (source: string) =>
      source.replaceAll(',', '\n, ').replaceAll(':', ' : ').replace('}', '\n}');
    const proposals = answer.value.proposals.map((each) => ({ ...each, source: inLines(each.source) }));
    return { ok: true, value: { ...answer.value, proposals } };
  }
}

test.each([
  ['lines that an earlier head had dropped come back', { memory: 0, stamina: 0 }, [['lines_readded', 3]]],
  ['one line may come back by chance', { stamina: 0 }, []],
])('%s', async (_, back, expected) => {
  const script = [
    [{ mean: 0, ...noisy, memory: 0, stamina: 0 }],
    [{ mean: 60, ...noisy }],
    [{ mean: 80, ...noisy, ...back }],
  ];
  const { codes, state } = await alarms(script, wide, { ...world(script), author: new LineByLine(script) });
  expect(state.headHistory.map(({ candidate }) => Number(candidate)).slice(0, 3)).toEqual([1, 2, 3]);
  expect(codes).toEqual(expected);
  expect(messageOf(state, 'lines_readded')).toContain(
    expected.length > 0 ? ', which @2 dropped: the author may be undoing earlier changes.' : '',
  );
});

test('text that grows while the score does not', async () => {
  const grown = Array.from({ length: 7 }, (_, index) => [{ mean: 50 - index, ...noisy, excess: 40 + index }]);
  const script = [[{ mean: 0, ...noisy }], [{ mean: 60, ...noisy, luck: 9 }], ...grown];
  const { codes, state } = await alarms(script, { settings: { ...wide.settings, simplify: false } });
  expect(codes).toContainEqual(['size_without_score', 2]);
  expect(messageOf(state, 'size_without_score')).toMatch(
    /latest 6 candidates have a median of \d+ syntax nodes/,
  );
});

test('returns outside the bounds that intervals take for granted', async () => {
  const narrow = { settings: { returns: [-5, 90] as [number, number] } };
  const { codes, state } = await alarms([[{ mean: 0, ...noisy }], [{ mean: 80, ...noisy }]], narrow);
  expect(codes).toEqual([
    ['outside_bounds', 2],
    ['outside_bounds', 1],
  ]);
  expect(messageOf(state, 'outside_bounds')).toMatch(
    /of \d+ returns of @2 lie outside -5 to 90, the declared bounds/,
  );
});

test('an alarm is an event, and a resumed run raises the same', async () => {
  const script = [[{ mean: 0, ...noisy }], [{ mean: 90, ...noisy, slack: 0, edge: 60 }]];
  const whole = world(script);
  await run(whole, wide);
  for (let cut = 0; cut <= whole.journal.events.length; cut++) {
    const { journal, record } = whole.journal.cut(cut);
    await run(world(script, journal), { ...wide, resumeFrom: record });
    expect([...record, ...journal.events]).toEqual(whole.journal.events);
  }
});
