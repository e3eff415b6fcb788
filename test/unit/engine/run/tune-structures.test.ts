import { toySettings, type ToyPolicy } from '../simulation';
import { ofType, run, world } from '../toy-run';

/** A start and a rule that is tuned, because two generations bring nothing. */
const tunedHead: readonly (readonly ToyPolicy[])[] = [
  [{ mean: 0 }, { mean: 40, slack: 20, luck: 3 }],
  [{ mean: 1 }],
  [{ mean: 2 }],
];

async function learn(...later: readonly (readonly ToyPolicy[])[]) {
  const all = world([...tunedHead, ...later]);
  const budget = { ...toySettings().budget, episodes: 6000 };
  const state = await run(all, { settings: { budget, simplify: false } });
  const tunings = ofType(all.journal.events, 'tuner_finished').map(({ candidate, usage }) => ({
    id: Number(candidate),
    label: state.candidates.get(candidate)?.label,
    episodes: usage.episodes,
  }));
  return { all, state, tunings };
}

test('structures are tuned before a tuned head judges them, and the better half of them for longer', async () => {
  const { state, tunings } = await learn([
    { mean: 13, slack: 70, luck: 3 },
    { mean: 12, slack: 4, luck: 3 },
    { mean: 8, slack: 70, luck: 3 },
    { mean: 7, slack: 70, luck: 3 },
  ]);
  // The head scores 58; the first structure 13 at first, 48 once tuned, and 65 when it is tuned again.
  const [one, other, again] = tunings.filter(({ label }) => label?.startsWith('idea 3.'));
  expect([one, other, again]).toEqual([
    { id: 8, label: 'idea 3.0', episodes: 64 },
    { id: 9, label: 'idea 3.1', episodes: 64 },
    { id: 12, label: 'idea 3.0, tuned', episodes: 100 },
  ]);
  const head = state.head === null ? undefined : state.candidates.get(state.head);
  expect(head?.label).toBe('idea 3.0, tuned');
});

test('a structure that tuning does not bring nearer to the head is not tuned again', async () => {
  const { tunings } = await learn([{ mean: 13, slack: 10, luck: 3 }]);
  expect(tunings.filter(({ label }) => label?.startsWith('idea 3.'))).toHaveLength(1);
});

test('a constant at an edge of its range is told to the author', async () => {
  const { all } = await learn([{ mean: 12, slack: 4, luck: 3, gain: 0.03 }], [{ mean: 3 }]);
  const finding =
    'tuning has moved GAIN to 0.03, an edge of its range [0, 2]: a wider range may hold something better';
  const told = all.author.heard.map(({ state }) => state.findings.includes(finding));
  expect(told).toEqual([false, false, false, false, true]);
});

test('an earlier text with other marks is not played, but those are tuned', async () => {
  const text = { mean: 12, slack: 4, luck: 3 };
  const { state, tunings } = await learn([text], [{ ...text, range: 5 }], [{ ...text, range: 5 }]);
  const [first, wider, repeated] = [...state.candidates.values()].filter(
    ({ kind, generation }) => kind === 'structural' && generation >= 3,
  );
  expect(wider).toMatchObject({ verdict: 'rejected', duplicateOf: first?.id, failure: null });
  const tuned = tunings.map(({ id }) => id);
  expect(tuned).toContain(Number(wider?.id));
  // The same wish again is an ordinary duplicate.
  expect(repeated?.duplicateOf).toBe(first?.id);
  expect(tuned).not.toContain(Number(repeated?.id));
});
