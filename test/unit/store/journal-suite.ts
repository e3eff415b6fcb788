/** What the loop relies on in every journal: each implementation runs these tests. */
import {
  candidateId,
  learn,
  type Clocks,
  type FollowedEpisode,
  type Journal,
  type RunEvent,
} from '@policybook/engine';
import { ScriptedAuthor, ToyEvaluator, toyFacts, toySettings } from '../engine/simulation';
import { answered, clocks, declared, stopped } from './fixtures';

/** A journal with what it has recorded. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /** What a later session of the run would find. */
  readonly record: () => Promise<{
    readonly events: readonly RunEvent[];
    readonly clocks: Clocks | undefined;
  }>;
  readonly readEpisode: (hash: string, seed: number) => Promise<FollowedEpisode | null | undefined>;
  /** Ends this session; the journal of the next one goes on with the same record. */
  readonly reopen: () => Promise<JournalUnderTest>;
  readonly close: () => Promise<void>;
}

/** Settings of every run here: with them the toy world's returns are within their bounds. */
export const SETTINGS = toySettings({ returns: [-10, 100] });
const DECLARED = declared(SETTINGS);
const SOURCE = 'def act(observation):\n    return 1\n';
const HASH = 'abcdef0123456789';
const EPISODE = { seed: 7, steps: 12, trajectoryHashes: { every: 5, hashes: '0a1'.repeat(2) } };

/** Describes the contract of the engine's `Journal`; `open` makes an empty one for the run `first`. */
export function describeJournal(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`the journal ${name}`, () => {
    let subject: JournalUnderTest;

    beforeEach(async () => {
      subject = await open();
    });

    afterEach(async () => {
      await subject.close();
    });

    test('has what was appended, in its order, with the clocks of the last event', async () => {
      const events = [DECLARED, answered(0), answered(1), stopped('exhausted')];
      for (const event of events) await subject.journal.append(event, clocks);
      await subject.journal.append(answered(2), { ...clocks, wallSeconds: 3 });
      const record = await subject.record();
      expect(record.events).toEqual([...events, answered(2)]);
      expect(record.clocks).toMatchObject({ ...clocks, wallSeconds: 3 });
    });

    test('goes on in a later session with what an earlier one recorded', async () => {
      for (const event of [DECLARED, answered(0)]) await subject.journal.append(event, clocks);
      subject = await subject.reopen();
      await subject.journal.append(answered(1), clocks);
      expect((await subject.record()).events).toEqual([DECLARED, answered(0), answered(1)]);
    });

    test('names a text by candidate and hash, keeps it once and reads it back, also in a later session', async () => {
      const file = await subject.journal.keepPolicy(candidateId.parse(7), HASH, SOURCE);
      expect(file).toBe('0007-abcdef01.py');
      expect(await subject.journal.keepPolicy(candidateId.parse(7), HASH, SOURCE)).toBe(file);
      expect(await subject.journal.keepPolicy(candidateId.parse(8), HASH, SOURCE)).not.toBe(file);
      expect(await subject.journal.readPolicy(file)).toBe(SOURCE);
      subject = await subject.reopen();
      expect(await subject.journal.readPolicy(file)).toBe(SOURCE);
    });

    test('rejects the name of a text that it does not have', async () => {
      await expect(subject.journal.readPolicy('0009-abcdef01.py')).rejects.toThrow('0009-abcdef01.py');
    });

    test('keeps episodes of a policy, and does not mind being given one again', async () => {
      await subject.journal.keepEpisodes(HASH, [EPISODE, { ...EPISODE, seed: 8 }]);
      await subject.journal.keepEpisodes(HASH, [EPISODE]);
      expect(await subject.readEpisode(HASH, 7)).toEqual(EPISODE);
      expect(await subject.readEpisode(HASH, 8)).toEqual({ ...EPISODE, seed: 8 });
      expect((await subject.readEpisode(HASH, 9)) ?? null).toBeNull();
      expect(await subject.journal.readEpisodes(HASH)).toEqual(
        new Map([
          [7, EPISODE],
          [8, { ...EPISODE, seed: 8 }],
        ]),
      );
      expect((await subject.journal.readEpisodes('0'.repeat(16))).size).toBe(0);
    });

    test('of a run that was interrupted after every second event holds the events of an undisturbed run', async () => {
      const whole = await learnIn(subject, Infinity);
      await subject.close();
      subject = await open();
      for (let session = 0; session < 40; session++) {
        await learnIn(subject, 2);
        subject = await subject.reopen();
      }
      const pieces = (await subject.record()).events.filter(
        (event) => event.type !== 'run_stopped' || event.reason !== 'interrupted',
      );
      expect(pieces).toEqual(whole);
    });
  });
}

/** A session of a run that is stopped after `most` events; returns what is recorded then. */
async function learnIn({ journal, record }: JournalUnderTest, most: number): Promise<readonly RunEvent[]> {
  const script = [[{ mean: 0 }, { mean: 30, luck: 5, slack: 10, excess: 3 }], [{ mean: 60, luck: 5 }]];
  const { events, clocks: before } = await record();
  const stop = new AbortController();
  let count = 0;
  const observer = {
    onEvent: () => {
      if (++count === most) stop.abort();
    },
    onProgress: () => undefined,
  };
  await learn(
    { run: 'first', settings: SETTINGS, facts: toyFacts },
    {
      evaluator: new ToyEvaluator(),
      author: new ScriptedAuthor(script),
      journal,
      clock: { now: () => performance.now(), callAfter: () => () => undefined },
      observer,
    },
    { signal: stop.signal, resumeFrom: events, ...(before !== undefined && { clocks: before }) },
  );
  return (await record()).events;
}
