import { checkReproduction, type RunEvent } from '../../../packages/engine/src/index';
import { toySettings } from './simulation';
import { climb, ofType, run, world, type World } from './toy-run';

async function finished(): Promise<World> {
  const all = world();
  await run(all);
  return all;
}

/** As on another processor: every return is a little off. */
function elsewhere(journal = world().journal): World {
  const all = world(climb, journal);
  all.evaluator.drift = 1e-9;
  return all;
}

describe('a run on another processor', () => {
  test('goes on from its record where recomputing part of it comes out otherwise, and says so', async () => {
    const whole = await finished();
    const raced = whole.journal.events.findIndex(({ type }) => type === 'candidate_raced');
    const { journal, record } = whole.journal.cut(raced + 1);
    const resumed = elsewhere(journal);
    const state = await run(resumed, { resumeFrom: record });
    expect(state.stopped?.reason).toBe('exhausted');
    const [recomputed] = ofType(journal.events, 'recomputed_differently');
    expect(recomputed?.event).toBe(raced + 1);
    expect(recomputed?.differences[0]).toMatch(/^played\.returns\[0\]: \S+ → \S+$/);

    const again = await run(world(climb, journal), { resumeFrom: [...record, ...journal.events] });
    expect(again.usage).toEqual(state.usage);
  });

  test('tells nothing where it was cut between decisions: the record is played back', async () => {
    const whole = await finished();
    const compared = whole.journal.events.findIndex(({ type }) => type === 'challenger_compared');
    const { journal, record } = whole.journal.cut(compared + 1);
    await run(elsewhere(journal), { resumeFrom: record });
    expect(ofType(journal.events, 'recomputed_differently')).toEqual([]);
  });
});

describe('a run learned again', () => {
  test('repeats the other event for event, whatever it is called and wherever that one paused', async () => {
    const [once, again] = [await finished(), await finished()];
    const pause: RunEvent = { type: 'run_stopped', reason: 'interrupted', message: 'stopped by hand' };
    const [first, ...rest] = once.journal.events;
    if (first?.type !== 'run_declared') throw new Error('declared');
    const paused = [{ ...first, run: 'other' }, pause, ...rest];
    const { length } = again.journal.events;
    expect(checkReproduction(paused, again.journal.events)).toEqual({ isSame: true, events: length });
    expect(checkReproduction(paused.slice(0, 9), again.journal.events)).toEqual({ isSame: true, events: 8 });
  });

  test('says that an event is missing where one of them ends before the other', async () => {
    const { events } = (await finished()).journal;
    const found = checkReproduction(events, events.slice(0, -1));
    expect(found).toMatchObject({
      isSame: false,
      differences: [expect.stringMatching(/^the event: \{.* → absent$/)],
    });
  });

  test('says at which event it differs, and in what', async () => {
    const [here, there] = [await finished(), elsewhere()];
    await run(there);
    const found = checkReproduction(here.journal.events, there.journal.events);
    if (found.isSame) throw new Error('they differ');
    expect(here.journal.events[found.event - 1]?.type).toBe(found.type);
    expect(found.differences[0]).toMatch(/: \S+ → \S+$/);
  });

  test('stops where the clock stopped the other, and not where its own would', async () => {
    let seconds = 0;
    const settings = { budget: { ...toySettings().budget, wallSeconds: 20 } };
    const once = world();
    await run(once, { settings, now: () => (seconds += 0.5) * 1000 });
    expect(ofType(once.journal.events, 'run_stopped')[0]?.message).toContain('20 seconds');
    for (const pace of [0.1, 3]) {
      seconds = 0;
      const again = world();
      await run(again, { settings, now: () => (seconds += pace) * 1000, reproduces: once.journal.events });
      expect(again.journal.events).toEqual(once.journal.events);
    }
  });

  test('is stopped by its own clock past the end of a record that ended otherwise', async () => {
    let seconds = 0;
    const settings = { budget: { ...toySettings().budget, wallSeconds: 20 } };
    const whole = await finished();
    const again = world();
    const repeats = whole.journal.events.slice(0, 8);
    await run(again, { settings, now: () => (seconds += 3) * 1000, reproduces: repeats });
    expect(again.journal.events.length).toBeGreaterThan(8);
    expect(ofType(again.journal.events, 'run_stopped')[0]?.message).toContain('20 seconds');
  });
});

test('a policy that was edited in the run folder does not go on under its name', async () => {
  const whole = await finished();
  const { journal, record } = whole.journal.cut(20);
  const [first] = ofType(record, 'candidate_proposed');
  if (first === undefined) throw new Error('proposed');
  await journal.keepPolicy(first.candidate, first.hash, '{"mean": 99}');
  const state = await run(world(climb, journal), { resumeFrom: record });
  expect(state.stopped).toMatchObject({ reason: 'failed' });
  expect(state.stopped?.message).toContain(`policies/${first.policy} was changed after the run wrote it`);
});
