import type { RunState } from '@policybook/engine';
import type { DisplayData } from '@policybook/wire';
import { UNLIMITED_BUDGET } from '@policybook/protocol';
import { DIFF_MIME, diffPayloadSchema } from '@policybook/views';
import { RunDisplay } from '../../../../kernel/src/cells/outputs/run-display';
import { buildCandidateEpisode } from '../../../fixtures/candidate-episodes';
import { buildClocks, buildEvent, id, proposed, score, stateAfter } from '../../../fixtures/run-events';
import { toySettings } from '../../engine/simulation';
import { CellEvaluator } from './cell-world';

test('the CPU time of this session is shown as soon as an event brings it', () => {
  const shown: DisplayData[] = [];
  const source = {
    folder: 'policybook-runs/toys/first',
    readPolicy: () => Promise.reject(new Error('no text is read')),
    readEpisodes: () => Promise.resolve([]),
    readClocks: () => buildClocks(2),
  };
  const display = new RunDisplay(
    { display: (data) => ({ id: String(shown.push(data)), update: () => undefined }) },
    source,
    new CellEvaluator(),
    [],
  );
  const budget = { ...UNLIMITED_BUDGET, cpuSeconds: 600 };
  const declared = buildEvent('run_declared', { settings: toySettings({ budget }) });
  display.onEvent(declared, stateAfter([declared]), buildClocks(70));
  expect(JSON.stringify(shown)).toContain('"spent":70,"limit":600');
});

test('a text that cannot be read fails the last update of the views, and nothing before it', async () => {
  const first = buildEvent('champion_promoted');
  const second = buildEvent('head_changed', { candidate: id(2), previous: id(1) });
  const state = stateAfter([proposed(1), first, proposed(2), second]);
  const source = {
    folder: 'policybook-runs/toys/first',
    readPolicy: () => Promise.reject(new Error('the text is gone')),
    readEpisodes: () => Promise.resolve([]),
    readClocks: () => buildClocks(0),
  };
  const display = new RunDisplay(
    { display: () => ({ id: '0', update: () => undefined }) },
    source,
    new CellEvaluator(),
    [],
  );
  display.onEvent(second, state, source.readClocks());
  // A rejection that nothing has handled by the next turn of the event loop fails the test.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  await expect(display.finish(state, 0)).rejects.toThrow('the text is gone');
});

test('the diff is drawn once more when the run ends, with the scores that it ends with', async () => {
  const events = [
    proposed(1),
    buildEvent('champion_promoted', { score: score(100) }),
    proposed(2),
    buildEvent('candidate_raced', { candidate: id(2) }),
    buildEvent('head_changed', { candidate: id(2), previous: id(1) }),
  ];
  const source = {
    folder: 'policybook-runs/toys/first',
    readPolicy: () => Promise.resolve('def act(observation):\n    return 0\n'),
    readEpisodes: () => Promise.resolve([]),
    readClocks: () => buildClocks(0),
  };
  const scores: unknown[] = [];
  const keepScore = (data: DisplayData) => {
    const diff = diffPayloadSchema.safeParse(data[DIFF_MIME]);
    if (diff.success) scores.push(diff.data.after);
  };
  const display = new RunDisplay(
    {
      display: (data) => {
        keepScore(data);
        return { id: '0', update: keepScore };
      },
    },
    source,
    new CellEvaluator(),
    [],
  );
  for (const [index, event] of events.entries())
    display.onEvent(event, stateAfter(events.slice(0, index + 1)), buildClocks(0));
  const measured = buildEvent('head_measured', { candidate: id(2), score: score(120) });
  const ended = [measured, buildEvent('run_stopped')];
  await display.finish(stateAfter([...events, ...ended]), 0);
  expect(scores.at(-2)).toMatchObject({ isMeasured: false, score: { episodes: 2 } });
  expect(scores.at(-1)).toMatchObject({ isMeasured: true, score: { mean: 120, episodes: 32 } });
});

test('how the episodes of the head ended is read once, when the run ends', async () => {
  const events = [proposed(1), buildEvent('champion_promoted'), buildEvent('run_stopped')];
  const read: number[] = [];
  const shown: string[] = [];
  const keepText = (data: DisplayData) => shown.push(JSON.stringify(data['text/plain']));
  const source = {
    folder: 'policybook-runs/toys/first',
    readPolicy: () => Promise.reject(new Error('no text is read')),
    readEpisodes: (_: RunState, candidate: number) => {
      read.push(candidate);
      return Promise.resolve(
        [1, 2].map((seed) => buildCandidateEpisode({ seed, value: -100, steps: 57, flags: ['crashed'] })),
      );
    },
    readClocks: () => buildClocks(0),
  };
  const display = new RunDisplay(
    { display: (data) => ({ id: String(keepText(data)), update: keepText }) },
    source,
    new CellEvaluator(),
    [],
  );
  for (const [index, event] of events.entries())
    display.onEvent(event, stateAfter(events.slice(0, index + 1)), buildClocks(0));
  expect(shown.join()).not.toContain('endings');
  await display.finish(stateAfter(events), 0);
  expect(shown.at(-1)).toMatch(
    /endings +of 2 episodes 100 % terminated with crashed after 57 steps \(mean return -100\)/,
  );
  expect(read).toEqual([1]);
});

test('a run that goes on where it was left is shown with what it does, before anything happens', () => {
  const shown: unknown[] = [];
  const source = {
    folder: 'policybook-runs/toys/first',
    readPolicy: () => Promise.reject(new Error('no text is read')),
    readEpisodes: () => Promise.resolve([]),
    readClocks: () => buildClocks(0),
  };
  const display = new RunDisplay(
    { display: (data) => ({ id: String(shown.push(data)), update: () => undefined }) },
    source,
    new CellEvaluator(),
    [],
  );
  const stopped = buildEvent('run_stopped', { reason: 'interrupted', message: 'stopped by you' });
  display.resume(stateAfter([proposed(1), buildEvent('champion_promoted'), stopped]));
  expect(shown).toEqual([]);
  display.onProgress({ activity: 'waiting for you', episodes: 4, steps: 40, stepsPerSecond: 0 });
  expect(JSON.stringify(shown)).toContain('"status":"running","activity":"waiting for you"');
});
