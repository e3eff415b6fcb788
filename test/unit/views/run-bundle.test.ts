import {
  advance,
  candidateId,
  formatGoldenHead,
  formatLead,
  type Audit,
  type RunEvent,
  type RunSettings,
} from '@policybook/engine';
import {
  PLOTLY_MIME,
  buildRunBundle,
  buildRunFigure,
  RUN_MIME,
  buildRunPayload,
  runPayloadSchema,
  buildRunsBundle,
  formatTallies,
} from '@policybook/views';
import { adviseOnLead } from '../../../packages/views/src/lead-advice';
import { buildEvent, id } from '../../fixtures/run-events';
import { declared, lunarEvents, lunarProgress, proposed, raced, stateOf } from '../../fixtures/lunar-run';

const state = stateOf(lunarEvents);

const spread = (mean: number, low: number, high: number) => ({
  mean,
  low,
  high,
  deviation: 30,
  episodes: 1000,
});
const lunarAudit: Audit = {
  type: 'audited',
  number: 1,
  candidate: candidateId.parse(10),
  policy: 'ab',
  environment: 'cd',
  nonce: '00',
  requestedEpisodes: 1000,
  score: spread(265.9, 255.1, 273),
  bounds: { low: -250, high: 320, assumed: false },
  believed: { ...spread(271.3, 262.6, 280), episodes: 128 },
  returns: [],
  actions: '',
  against: {
    candidate: candidateId.parse(1),
    score: spread(-600, -610, -590),
    returns: [],
    difference: spread(865.9, 850, 875),
  },
  versions: {},
  usage: {},
};

it('holds our own type, Plotly, the picture and text, and no HTML', () => {
  const bundle = buildRunBundle(state, lunarProgress, 'aGk=');
  expect(Object.keys(bundle)).toEqual([RUN_MIME, PLOTLY_MIME, 'image/png', 'text/plain']);
  expect(Object.keys(buildRunBundle(state, lunarProgress))).not.toContain('image/png');
});

it('has a payload that is still valid after a round trip through JSON', () => {
  const payload = buildRunPayload(state, lunarProgress);
  expect(runPayloadSchema.parse(JSON.parse(JSON.stringify(payload)))).toEqual(payload);
});

it('names the champion, with the file to open', () => {
  expect(buildRunPayload(state, lunarProgress).champion).toMatchObject({
    reference: 'first@10',
    label: 'without the spin term',
    path: 'policybook-runs/story/first/policies/0010-0f3a9c.py',
    score: { mean: 271.3, episodes: 128 },
  });
});

it('warns when the champion came near its step limit, and not for other candidates', () => {
  const slow = (candidate: number) =>
    buildRunPayload(state, { ...lunarProgress, slowestSteps: { [candidate]: 83.4 } }).alarms.filter(
      ({ code }) => code === 'near_step_limit',
    );
  expect(slow(9)).toEqual([]);
  expect(slow(10)[0]?.text).toContain('the slowest step took 83 of 100 ms of CPU time');
});

it('counts each candidate once', () => {
  expect(buildRunPayload(state, lunarProgress).candidates).toEqual({
    proposed: 10,
    accepted: 6,
    rejected: 2,
    dropped: 1,
    refused: 0,
    undecided: 1,
    equivalent: 0,
    notCompared: 0,
  });
});

it('counts a candidate that nothing was compared with yet, so that the classes add up', () => {
  const position = lunarEvents.findIndex(({ type }) => type === 'candidate_raced');
  const begun = stateOf(lunarEvents.slice(0, position));
  const payload = buildRunPayload(begun, lunarProgress);
  const { proposed, ...classes } = payload.candidates;
  expect(classes.notCompared).toBeGreaterThan(0);
  expect(Object.values(classes).reduce((sum, count) => sum + count, 0)).toBe(proposed);
  expect(formatTallies(payload)).toContain(`${classes.notCompared} not compared`);
});

it('shows the activity and the time left only while it runs', () => {
  const running = buildRunPayload(stateOf(lunarEvents.slice(0, -1)), lunarProgress);
  expect(running).toMatchObject({
    status: 'running',
    activity: 'racing 4 candidates',
    stepsPerSecond: 38_400,
  });
  expect(running.secondsLeft).toBeCloseTo(19.1, 1);
  expect(buildRunPayload(state, lunarProgress)).toMatchObject({
    status: 'exhausted',
    activity: 'search has nothing more to propose',
    stepsPerSecond: null,
    secondsLeft: null,
  });
});

it('does not take a run for one under way whose record is broken', () => {
  const unreadable = 'the record is broken from line 40 on';
  const broken = buildRunPayload(stateOf(lunarEvents.slice(0, -1)), { ...lunarProgress, unreadable });
  expect(broken).toMatchObject({
    status: 'failed',
    activity: unreadable,
    stepsPerSecond: null,
    secondsLeft: null,
  });
});

it('puts limited means before the others', () => {
  const names = buildRunPayload(state, lunarProgress).budget.map(({ name, limit }) => [name, limit]);
  expect(names).toEqual([
    ['episodes', 3000],
    ['wall', 60],
    ['steps', null],
  ]);
});

it('says of a champion that a race leaves behind by how much it is behind, and never that it was dropped', () => {
  const behind = { leader: id(10), difference: { ...spread(-4.3, -9.6, 1), episodes: 90 } };
  const events = [6, 4].map((candidate) => ({ ...raced(candidate, 250, true), behind }));
  const { log } = buildRunPayload(state, { ...lunarProgress, events });
  expect(log.map(({ text }) => text.split(': ').at(-1))).toEqual([
    'behind first@10 by 4.3 [-1.0, 9.6] over 90 pairs',
    'dropped, -4.3 [-9.6, 1.0] over 90 pairs with first@10',
  ]);
  const [, last] = buildRunPayload(state, {
    ...lunarProgress,
    events: [raced(4, 250, true), raced(6, 250, true)],
  }).log;
  expect(last?.text).toContain('behind in the race after 4 more training episodes');
});

it('lists the newest dozen of events, oldest first', () => {
  const { log } = buildRunPayload(state, lunarProgress);
  expect(log).toHaveLength(12);
  // The reason for which the run has stopped stands above the log, and not in it once more.
  expect(log.at(-1)?.text).toMatch(/^without the spin term: champion with/);
  expect(JSON.stringify(log)).not.toContain('nothing more to propose');
  expect(log.find(({ candidate }) => candidate === 8)).toEqual({
    candidate: 8,
    text: 'softer brake: undecided, -1.9 [-10.1, 6.3] over 128 pairs',
    tone: 'plain',
    callPath: null,
  });
});

it('says no time that is left while somebody outside is waited for, who has been paid nothing yet', () => {
  const running = stateOf(lunarEvents.slice(0, -1));
  const waiting = { ...lunarProgress, activity: 'waiting for answer.md', answersFromOutside: true };
  expect(buildRunPayload(running, waiting)).toMatchObject({
    activity: 'waiting for answer.md',
    secondsLeft: null,
  });
});

it('names the one of several authors that used a tool, and that wrote a candidate', () => {
  const member = { number: 2, name: 'openai gpt-x' };
  const used = buildEvent('tool_used', { author: 'several', member, message: 'read the history' });
  const several = stateOf([
    declared(),
    buildEvent('author_answered', { generation: 1, author: 'several', member }),
    proposed(1, 'brake early'),
    raced(1, 10, false),
    buildEvent('head_changed', { candidate: id(1), estimate: 10 }),
  ]);
  const payload = buildRunPayload(several, { ...lunarProgress, events: [used] });
  expect(payload.log.map(({ text }) => text)).toEqual(['openai gpt-x read the history']);
  expect(payload.champion?.label).toBe('brake early, by openai gpt-x');
  expect(JSON.stringify(buildRunFigure(several))).toContain('brake early, by openai gpt-x');
});

it('tells a text with other marks from one that is the same', () => {
  const marked = (number: number, marks: string) =>
    buildEvent('candidate_proposed', { candidate: id(number), treeHash: 'tree', marks });
  const rejected = (number: number) =>
    buildEvent('candidate_rejected', {
      candidate: id(number),
      reason: { code: 'duplicate', of: id(1), by: 'tree' },
    });
  const events = [marked(1, 'a'), marked(2, 'b'), rejected(2), marked(3, 'b'), rejected(3)];
  const { log } = buildRunPayload(stateOf([declared(), ...events]), { ...lunarProgress, events });
  expect(log.map(({ text }) => text)).toEqual([
    expect.stringMatching(/same as first@1 but for its marks$/),
    expect.stringMatching(/same as first@1$/),
  ]);
});

it('says that a head was rejected which stays because nothing else is left', () => {
  const rejection = { kind: 'reject' as const, candidate: id(1) };
  const said = '@1 is rejected by you, and stays because nothing else is left that can be played';
  const rejected = stateOf([
    declared(),
    proposed(1, 'alone'),
    raced(1, 10, false),
    buildEvent('head_changed', { candidate: id(1) }),
    buildEvent('message_received', { message: rejection }),
    buildEvent('run_stopped', { message: `nothing more; ${said}` }),
  ]);
  const payload = buildRunPayload(rejected, lunarProgress);
  expect(payload.alarms).toEqual([{ code: 'rejected_by_user', text: said }]);
  expect(payload.activity).toBe('nothing more');
  expect(buildRunsBundle([{ run: 'first', state: rejected }])['text/plain']).toContain(
    'first@1 alone, rejected by you',
  );
});

it('says what the user has accepted, which is no champion by that, and names the files of what can be accepted', () => {
  const acceptance = buildEvent('message_received', { message: { kind: 'accept', candidate: id(8) } });
  const head = buildEvent('head_changed', { candidate: id(8), previous: id(10), estimate: 250 });
  const events = [...lunarEvents.slice(0, -1), acceptance, head];
  const accepted = stateOf(events);
  const payload = buildRunPayload(accepted, { ...lunarProgress, events });
  expect(payload.accepted).toEqual({ isHead: true, text: '@8 is accepted by you' });
  expect(payload.champion).toMatchObject({ reference: 'first@8', policy: '0008-0f3a9c.py' });
  expect(payload.champion?.lead).not.toContain('best estimate');
  expect(payload.proven).toMatchObject({ reference: 'first@10', policy: '0010-0f3a9c.py' });
  expect(payload.log.at(-2)?.text).toBe('softer brake: is accepted by you as the result');
  expect(payload.listed.find(({ reference }) => reference === 'first@8')).toEqual({
    reference: 'first@8',
    policy: '0008-0f3a9c.py',
    text: expect.stringMatching(/^softer brake · .* episodes · accepted by you$/) as string,
  });
  const failed = [...accepted.candidates.values()].filter(({ verdict }) => verdict === 'rejected');
  expect(failed.length).toBeGreaterThan(0);
  const listed = payload.listed.map(({ policy }) => policy);
  expect(failed.filter(({ policy }) => listed.includes(policy))).toEqual([]);
  expect(buildRunPayload(state, lunarProgress).listed).toEqual([]);
  expect(buildRunBundle(accepted, lunarProgress)['text/plain']).toContain(
    'result       @8 is accepted by you',
  );
  expect(buildRunsBundle([{ run: 'first', state: accepted }])['text/plain']).toContain(', accepted by you');
  const later = stateOf([
    ...events,
    proposed(30, 'later'),
    raced(30, 300, false),
    buildEvent('head_changed', { candidate: id(30) }),
  ]);
  expect(buildRunPayload(later, lunarProgress).accepted).toEqual({
    isHead: false,
    text: '@30 leads in place of @8, which you accepted before it was there',
  });
});

describe('a model that is asked', () => {
  const call = 'ab12.json';
  const events = lunarEvents.filter(({ type }) => type !== 'run_stopped');
  const asked = stateOf([
    ...events,
    buildEvent('author_answered', { generation: 8, author: 'openai', call, usage: { calls: 1 } }),
    proposed(30, 'by a model'),
  ]);
  const answering = {
    seconds: 12.7,
    tokens: 340,
    idea: 'Push \u001b[31mthe\u202e cart.',
    reasoning: 'It falls <b>left</b>.\u0007\nSo push left.',
    content: 'Label: five\nIdea: Push.\n<script>window.pwned = 1</script>\n',
  };

  it('is shown with its answer as far as it has come, and no time is said to be left', () => {
    const bundle = buildRunBundle(asked, { ...lunarProgress, answering, answersFromOutside: true });
    expect(bundle[RUN_MIME]).toMatchObject({
      answer: {
        seconds: 12,
        tokens: 340,
        idea: 'Push the cart.',
        reasoning: 'It falls <b>left</b>.\nSo push left.',
        content: answering.content,
      },
      secondsLeft: null,
    });
    expect(bundle['text/plain']).toContain('  answer       <script>window.pwned = 1</script>');
    const thinking = { ...lunarProgress, answering: { ...answering, content: '' } };
    expect(buildRunBundle(asked, thinking)['text/plain']).toContain('  reasoning    So push left.');
  });

  it('is gone from what a notebook keeps, and from a run that has stopped', () => {
    expect(buildRunPayload(asked, lunarProgress).answer).toBeNull();
    expect(buildRunPayload(state, { ...lunarProgress, answering }).answer).toBeNull();
  });

  it('has its prompt and answer one click from the candidate that it wrote', () => {
    const rejected = raced(30, 250, true);
    const { log } = buildRunPayload(asked, { ...lunarProgress, events: [rejected] });
    expect(log.find(({ candidate }) => candidate === 30)?.callPath).toBe(
      `${lunarProgress.folder}/calls/${call}`,
    );
    const played = advance(asked, raced(30, 305, false));
    const { champion } = buildRunPayload({ ...played, head: id(30) }, lunarProgress);
    expect(champion?.callPath).toBe(`${lunarProgress.folder}/calls/${call}`);
  });
});

it('shows of a head that was chosen by its own episodes their mean alone, and how far it leads', () => {
  // An interval would lie above the threshold: the episodes by which a policy was chosen flatter it.
  const leading = stateOf([...lunarEvents, proposed(30, 'bold'), raced(30, 305, false)]);
  const { champion } = buildRunPayload({ ...leading, head: candidateId.parse(30) }, lunarProgress);
  expect(champion).toMatchObject({ reference: 'first@30', isMeasured: false, score: { episodes: 4 } });
  expect(champion?.lead).toContain('@30');
  const { 'text/plain': text, [PLOTLY_MIME]: figure } = buildRunBundle(
    { ...leading, head: candidateId.parse(30) },
    lunarProgress,
  );
  expect(text).toContain('head         first@30 bold\n');
  expect(text).toContain('score        305 while choosing, over 4 training episodes, threshold 200\n');
  expect(JSON.stringify(figure)).toContain('305 while choosing, over 4 training episodes');
  expect(buildRunPayload(state, lunarProgress).champion).toMatchObject({ isMeasured: true, lead: null });
});

describe('a head that leads the champion', () => {
  const leads = buildEvent('head_changed', { candidate: id(30), previous: id(10), estimate: 295 });
  const running = stateOf([...lunarEvents.slice(0, -1), proposed(30, 'bold'), raced(30, 305, false), leads]);
  const message = ['nothing more to propose', ...formatLead(running)].join('; ');
  const ended = advance(running, buildEvent('run_stopped', { message }));

  it('stands apart from the champion, with the score of each and what a person can do to decide', () => {
    const { proven, champion, activity } = buildRunPayload(ended, lunarProgress);
    expect(proven).toMatchObject({ reference: 'first@10', isFirst: false, score: { episodes: 128 } });
    expect(champion?.advice).toMatch(/^to decide, run the cell below: it plays both on the same fresh seeds/);
    expect(champion?.adviceCell).toMatch(/^%%compare\npolicies: \[first, first@champion\]\nepisodes: \d+$/);
    // The lead stands with the score, and not once more in the reason for which the run has stopped.
    expect(champion?.lead).toContain('champion @10');
    expect(activity).toBe('nothing more to propose');
    expect(buildRunBundle(ended, lunarProgress)['text/plain']).toMatch(
      /head {9}first@30 bold\n.*while choosing.*\n {2}champion {5}first@10 .*: 271\.3 \[262\.6, 280\.0\] over 128/,
    );
  });

  it('comes with the cell that decides as it is to be run, each line from its beginning', () => {
    const { champion } = buildRunPayload(ended, lunarProgress);
    const text = buildRunBundle(ended, lunarProgress)['text/plain'];
    expect(text).toContain(`how far apart they are\n${champion?.adviceCell}\n  size`);
  });

  it('is to be compared on as many seeds as are forecast, unless these are more than ten budgets of the run', () => {
    const lead = { head: id(30), champion: id(10) };
    expect(adviseOnLead(ended, { ...lead, episodes: 2 * 1234 })?.cell).toMatch(/\nepisodes: 1300$/);
    expect(adviseOnLead(ended, { ...lead, episodes: 2 * 30_000 })?.cell).toMatch(/\nepisodes: 30000$/);
    expect(adviseOnLead(ended, { ...lead, episodes: 2 * 30_001 })).toEqual({
      text: 'head and champion are practically equal, and either can be taken',
      cell: null,
    });
  });

  it('gets no such advice while the run may still find out itself, or where the champion is head', () => {
    expect(buildRunPayload(running, lunarProgress).champion?.advice).toBeNull();
    expect(buildRunPayload(state, lunarProgress)).toMatchObject({ proven: null, champion: { advice: null } });
  });

  it('is drawn as a line and a point of its own', () => {
    const { data } = buildRunFigure(ended);
    const line = data.find(({ name }) => name === 'head (best estimate)');
    expect(line?.y).toEqual([295, 305, 305]);
    expect(line?.line?.dash).toBe('dot');
    const point = data.find(({ name }) => name === 'head now');
    expect(point).toMatchObject({
      y: [305],
      hovertext: [expect.stringContaining('305 while choosing') as string],
    });
    expect(data.find(({ name }) => name === 'champion')?.y.at(-1)).toBeCloseTo(271.3);
    expect(buildRunFigure(state).data.some(({ name }) => name === 'head now')).toBe(false);
  });
});

it('says how often tuning began again, and the height of the highest descent', () => {
  const generation = { best: 290, episodes: 64 };
  const generations = [
    { ...generation, mean: 190 },
    { ...generation, mean: 262 },
    { ...generation, mean: 120, descent: 1 },
    { ...generation, mean: 205, descent: 1 },
  ];
  const tuned = { type: 'tuner_finished' as const, candidate: candidateId.parse(6), generations, usage: {} };
  const events = [...lunarEvents, tuned];
  expect(buildRunPayload(stateOf(events), { ...lunarProgress, events }).log.at(-1)?.text).toContain(
    'constants tuned over 4 generations in 2 descents, 190 to 262',
  );
});

it('reads as text', () => {
  expect(buildRunBundle(state, lunarProgress)['text/plain']).toMatchInlineSnapshot(`
   "first: LunarLander-v3 by search
     finished     search has nothing more to propose
     champion     first@10 without the spin term
     score        271.3 [262.6, 280.0] over 128 episodes, above the threshold 200
     size         22 lines, 3 branches, 90 syntax nodes, 6 constants
     curve        ▁▁▁▁▁▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇███████████████ -598.2 to 271.3
     episodes     █████████████░░░░░░░ 1,921 of 3,000
     wall         ███████████░░░░░░░░░ 34 s of 1 min
     steps        633,201
     candidates   10 proposed: 6 accepted, 2 rejected, 1 dropped, 1 undecided
     comparisons  7, 5 accepted; at most 0.35 false acceptances expected
     returns      taken to lie in 52 to 472 (assumed from those of the champion; all seen lie in -450.5 to 296.1)
     racing       64 episodes
     @6           tuned constants: simplified: 2 edits without effect, 3 variants to test, 2 parts unexercised in 16 episodes
     @10          without the spin term: equivalent, +1.10 [-3.30, 5.50] over 128 pairs
     @10          without the spin term: champion with 271.3 [262.6, 280.0] over 128 episodes"
  `);
});

describe('what is shown next to the score', () => {
  const alarm = (candidate: number, message: string): RunEvent => ({
    type: 'alarm_raised',
    code: 'knife_edge',
    candidate: candidateId.parse(candidate),
    message,
  });
  const events = [...lunarEvents.slice(0, -1), alarm(10, 'a knife\u001b[31m edge'), alarm(6, 'another’s')];

  it('lists the alarms that concern the score, in payload and text', () => {
    const bundle = buildRunBundle(stateOf(events), { ...lunarProgress, events });
    expect(buildRunPayload(stateOf(events), lunarProgress).alarms).toEqual([
      { code: 'knife_edge', text: 'a knife edge' },
    ]);
    expect(bundle['text/plain']).toContain('\n  alarm        a knife edge\n');
  });

  it('states the evidence behind the numbers', () => {
    const names = (change: Partial<RunSettings>) =>
      buildRunPayload(stateOf([declared(change), ...lunarEvents.slice(1)]), lunarProgress).evidence;
    expect(names({ returns: [-300, 300] })).toEqual([
      { name: 'comparisons', text: '7, 5 accepted; at most 0.35 false acceptances expected' },
      {
        name: 'returns',
        text: 'taken to lie in -300 to 300 (declared), 4 were outside and clipped; returns: [-451, 300] would hold all of them',
      },
      { name: 'racing', text: '64 episodes' },
    ]);
    expect(names({ errorRate: 'per_run' })[0]?.text).toContain(
      'at most 5 % of the accepted expected to be false',
    );
  });

  it("lists audits, with the run's estimate and the claim against the first candidate", () => {
    const { evidence } = buildRunPayload(stateOf([...lunarEvents, lunarAudit]), lunarProgress);
    expect(evidence.at(-1)).toEqual({
      name: 'audit 1',
      text:
        'first@10 265.9 [255.1, 273.0] over 1,000 fresh episodes; against first@1 +865.9 [850.0, 875.0] over ' +
        "1,000 pairs; the run's estimate was 271.3 [262.6, 280.0]: agrees",
    });
  });
});

it('reads as text before the first champion', () => {
  const events = [declared(), proposed(1, 'one')];
  expect(buildRunBundle(stateOf(events), { ...lunarProgress, events, wallSeconds: 0 })['text/plain'])
    .toMatchInlineSnapshot(`
   "first: LunarLander-v3 by search
     running      racing 4 candidates · 38,400 steps/s
     champion     none yet
     episodes     ░░░░░░░░░░░░░░░░░░░░ 0 of 3,000
     wall         ░░░░░░░░░░░░░░░░░░░░ 0 s of 1 min
     steps        0
     candidates   1 proposed: 1 not compared"
  `);
});

it('keeps a label with control characters on one line of text', () => {
  const events = [...lunarEvents.slice(0, -1), proposed(11, '\u001b[2J\nfirst@99 | <script>')];
  const lines = buildRunPayload(stateOf(events), { ...lunarProgress, events });
  expect(JSON.stringify(lines)).not.toContain('\\u001b');
});

describe('buildRunsBundle', () => {
  it('lists runs as a table', () => {
    const bundle = buildRunsBundle([
      { run: 'first', state },
      { run: 'first~1', state: stateOf([declared()]) },
    ]);
    expect(bundle['text/plain']).toMatchInlineSnapshot(`
     "run      environment     status    best                            score                                   episodes  candidates
     first    LunarLander-v3  finished  first@10 without the spin term  271.3 [262.6, 280.0] over 128 episodes  1,921     10
     first~1  LunarLander-v3  running   none yet                                                                0         0"
    `);
    expect(bundle['text/markdown']).toMatchInlineSnapshot(`
     "| run | environment | status | best | score | episodes | candidates |
     | --- | --- | --- | --- | --- | --- | --- |
     | first | LunarLander-v3 | finished | first@10 without the spin term | 271.3 \\[262.6, 280.0\\] over 128 episodes | 1,921 | 10 |
     | first\\~1 | LunarLander-v3 | running | none yet |  | 0 | 0 |"
    `);
  });
  it('does not take a run for one under way whose record is broken', () => {
    const begun = stateOf([declared()]);
    const text = buildRunsBundle([{ run: 'first', state: begun, isBroken: true }])['text/plain'];
    expect(text).toContain('record broken');
    expect(text).not.toContain('running');
  });
  it('says when there are none', () => {
    expect(buildRunsBundle([])).toEqual({ 'text/plain': 'No runs yet: a %%learn cell makes one.' });
  });
});

describe('golden cases', () => {
  const events = (losses: readonly [number, number][]): RunEvent[] => {
    const golden = [{ seed: 3 }, { seed: 17, atLeast: 200 }];
    const play = (candidate: number, returns: number[], lost: readonly [number, number][] = []) =>
      buildEvent('golden_played', {
        candidate: id(candidate),
        played: { seeds: [3, 17], returns, actions: '' },
        losses: lost.map(([seed, value]) => ({ seed, return: value, bar: 200 })),
      });
    return [
      declared({ golden }),
      buildEvent('candidate_proposed', { candidate: id(1) }),
      buildEvent('head_changed', { candidate: id(1) }),
      buildEvent('champion_promoted', { candidate: id(1) }),
      play(1, losses.length === 0 ? [5, 210] : [5, 30], losses),
      buildEvent('candidate_proposed', { candidate: id(2) }),
      buildEvent('candidate_raced', { candidate: id(2) }),
      play(2, [6, -120], [[17, -120]]),
    ];
  };

  it('say by whom they are held, and which candidates were refused on which', () => {
    const run = events([]);
    const payload = buildRunPayload(stateOf(run), { ...lunarProgress, events: run });
    expect(payload.evidence.find(({ name }) => name === 'golden')?.text).toBe(
      '2 cases, held by first@1; 1 candidate refused, the latest: @2 loses golden seed 17: -120 where 200 is asked for',
    );
    const lines = payload.log.filter(({ text }) => text.includes('golden'));
    expect(
      lines.map(({ candidate, text, tone }) => [candidate, text.split(': ').slice(1).join(': '), tone]),
    ).toEqual([
      [1, 'holds 2 golden cases', 'plain'],
      [2, 'refused: loses golden seed 17: -120 where 200 is asked for', 'bad'],
    ]);
    expect(payload.candidates).toMatchObject({ proposed: 2, accepted: 1, refused: 1, notCompared: 0 });
    expect(formatTallies(payload)).toContain('1 refused');
  });

  it('that the head loses are named', () => {
    const run = events([[17, 30]]);
    const text = buildRunBundle(stateOf(run), { ...lunarProgress, events: run })['text/plain'];
    expect(text).toMatch(/golden +2 cases, @1 loses golden seed 17: 30 where 200 is asked for/);
  });

  it('that the head loses are said once of a run that has stopped, and are not cut', () => {
    const seeds = Array.from({ length: 40 }, (_, seed) => seed + 100);
    const run = [
      declared({ golden: seeds.map((seed) => ({ seed, atLeast: 200 })) }),
      buildEvent('candidate_proposed', { candidate: id(1) }),
      buildEvent('head_changed', { candidate: id(1) }),
      buildEvent('champion_promoted', { candidate: id(1) }),
      buildEvent('golden_played', {
        candidate: id(1),
        played: { seeds, returns: seeds.map(() => 30), actions: '' },
        losses: seeds.map((seed) => ({ seed, return: 30, bar: 200 })),
      }),
    ];
    const message = ['nothing more to propose', ...formatGoldenHead(stateOf(run))].join('; ');
    const ended = [...run, buildEvent('run_stopped', { message })];
    const text = buildRunBundle(stateOf(ended), { ...lunarProgress, events: ended })['text/plain'];
    expect(text).toMatch(/ {2}finished {5}nothing more to propose\n/);
    expect(JSON.stringify(text).match(/seed 139: 30 where 200 is asked for/g)).toHaveLength(1);
    expect(text).not.toContain('stopped:');
  });
});
