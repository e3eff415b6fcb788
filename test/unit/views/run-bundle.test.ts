import { plotlyMime, runBundle, runMime, runPayload, runPayloadSchema, runsBundle } from '@policybook/views';
import { declared, lunarEvents, lunarProgress, proposed, stateOf } from '../../fixtures/lunar-run';

const state = stateOf(lunarEvents);

it('holds ours, Plotly, the picture and text, and no HTML', () => {
  const bundle = runBundle(state, lunarProgress, 'aGk=');
  expect(Object.keys(bundle)).toEqual([runMime, plotlyMime, 'image/png', 'text/plain']);
  expect(Object.keys(runBundle(state, lunarProgress))).not.toContain('image/png');
});

it('has a payload that readers accept after JSON', () => {
  const payload = runPayload(state, lunarProgress);
  expect(runPayloadSchema.parse(JSON.parse(JSON.stringify(payload)))).toEqual(payload);
});

it('says who reigns, with the file to open', () => {
  expect(runPayload(state, lunarProgress).champion).toMatchObject({
    reference: 'first@10',
    label: 'without the spin term',
    path: 'policybook-runs/story/first/policies/0010-0f3a9c.py',
    score: { mean: 271.3, episodes: 128 },
  });
});

it('counts each candidate once', () => {
  expect(runPayload(state, lunarProgress).candidates).toEqual({
    proposed: 10,
    accepted: 6,
    rejected: 3,
    undecided: 1,
    equivalent: 0,
  });
});

it('shows the activity and the time left only while it runs', () => {
  const running = runPayload(stateOf(lunarEvents.slice(0, -1)), lunarProgress);
  expect(running).toMatchObject({
    status: 'running',
    activity: 'racing 4 candidates',
    stepsPerSecond: 38_400,
  });
  expect(running.secondsLeft).toBeCloseTo(19.1, 1);
  expect(runPayload(state, lunarProgress)).toMatchObject({
    status: 'exhausted',
    activity: 'search has nothing more to propose',
    stepsPerSecond: null,
    secondsLeft: null,
  });
});

it('puts limited means before the others', () => {
  const names = runPayload(state, lunarProgress).budget.map(({ name, limit }) => [name, limit]);
  expect(names).toEqual([
    ['episodes', 3000],
    ['wall', 60],
    ['steps', null],
  ]);
});

it('tells the newest dozen of events, oldest first', () => {
  const { log } = runPayload(state, lunarProgress);
  expect(log).toHaveLength(12);
  expect(log.at(-1)).toEqual({
    candidate: null,
    text: 'stopped: search has nothing more to propose',
    tone: 'plain',
  });
  expect(log.find(({ candidate }) => candidate === 8)).toEqual({
    candidate: 8,
    text: 'softer brake: undecided, -1.9 [-10.1, 6.3] over 128 pairs',
    tone: 'plain',
  });
});

it('reads as text', () => {
  expect(runBundle(state, lunarProgress)['text/plain']).toMatchInlineSnapshot(`
   "first: LunarLander-v3 by search
     finished     search has nothing more to propose
     champion     first@10 without the spin term, 22 lines
     score        271.3 [262.6, 280.0] over 128 episodes, above the threshold 200
     curve        ▁▁▁▁▁▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇███████████████ -598.2 to 271.3
     episodes     █████████████░░░░░░░ 1,921 of 3,000
     wall         ███████████░░░░░░░░░ 34 s of 1 min
     steps        633,201
     candidates   10 proposed: 6 accepted, 3 rejected, 1 undecided
     @10          without the spin term: equivalent, +1.10 [-3.30, 5.50] over 128 pairs
     @10          without the spin term: champion with 271.3 [262.6, 280.0] over 128 episodes
                  stopped: search has nothing more to propose"
  `);
});

it('reads as text before the first champion', () => {
  const events = [declared(), proposed(1, 'one')];
  expect(runBundle(stateOf(events), { ...lunarProgress, events, wallSeconds: 0 })['text/plain'])
    .toMatchInlineSnapshot(`
   "first: LunarLander-v3 by search
     running      racing 4 candidates · 38,400 steps/s
     champion     none yet
     episodes     ░░░░░░░░░░░░░░░░░░░░ 0 of 3,000
     wall         ░░░░░░░░░░░░░░░░░░░░ 0 s of 1 min
     steps        0
     candidates   1 proposed"
  `);
});

it('keeps hostile labels on one line of text', () => {
  const events = [...lunarEvents.slice(0, -1), proposed(11, '\u001b[2J\nfirst@99 | <script>')];
  const lines = runPayload(stateOf(events), { ...lunarProgress, events });
  expect(JSON.stringify(lines)).not.toContain('\\u001b');
});

describe('runsBundle', () => {
  it('lists runs as a table', () => {
    const bundle = runsBundle([
      { run: 'first', state },
      { run: 'first~1', state: stateOf([declared()]) },
    ]);
    expect(bundle['text/plain']).toMatchInlineSnapshot(`
     "run      environment     status    champion                        score                                   episodes  candidates
     first    LunarLander-v3  finished  first@10 without the spin term  271.3 [262.6, 280.0] over 128 episodes  1,921     10
     first~1  LunarLander-v3  running   none yet                                                                0         0"
    `);
    expect(bundle['text/markdown']).toMatchInlineSnapshot(`
     "| run | environment | status | champion | score | episodes | candidates |
     | --- | --- | --- | --- | --- | --- | --- |
     | first | LunarLander-v3 | finished | first@10 without the spin term | 271.3 \\[262.6, 280.0\\] over 128 episodes | 1,921 | 10 |
     | first\\~1 | LunarLander-v3 | running | none yet |  | 0 | 0 |"
    `);
  });
  it('says when there are none', () => {
    expect(runsBundle([])).toEqual({ 'text/plain': 'No runs yet: a %%learn cell makes one.' });
  });
});
