import {
  FIGURE_MIME,
  plotlyFigureSchema,
  PLOTLY_MIME,
  buildReplicatesFigure,
  buildReplicatesFigureBundle,
  buildReplicatesTableBundle,
  formatSummary,
  summariseReplicates,
  type ReplicatedRun,
} from '@policybook/views';
import { candidateId } from '@policybook/engine';
import { promoted, declared, lunarEvents, proposed, raced, score, stateOf } from '../../fixtures/lunar-run';

const stopped = lunarEvents.slice(-1);
const poor = stateOf([
  declared(),
  proposed(1, 'do nothing'),
  promoted(1, null, score(-90, 20, 64)),
  ...stopped,
]);
const repeats: ReplicatedRun = {
  run: 'many',
  repeat: 4,
  replicates: [
    { run: 'many/1', state: stateOf(lunarEvents) },
    { run: 'many/2', state: stateOf(lunarEvents) },
    { run: 'many/3', state: poor },
    { run: 'many/4', state: stateOf([declared()]) },
  ],
  activity: 'many/4: probing',
};

test('the summary says how many replicates were scored by the episodes that their policy was chosen by', () => {
  const chosen = {
    ...stateOf([...lunarEvents, proposed(30, 'bold'), raced(30, 305, false)]),
    head: candidateId.parse(30),
  };
  const replicates = repeats.replicates.map((each, at) =>
    at === 1 ? { ...each, state: { ...chosen, stopped: each.state.stopped } } : each,
  );
  expect(formatSummary(summariseReplicates({ ...repeats, replicates }))).toMatch(
    /of 3 replicates, 1 of which has only a score while choosing, which flatters$/,
  );
  expect(formatSummary(summariseReplicates(repeats))).toMatch(/of 3 replicates$/);
});

test('the summary counts replicates that have ended, and one bad replicate does not decide it', () => {
  const summary = summariseReplicates(repeats);
  // The mean of all three: a quarter of three, rounded down, is nobody.
  expect(summary).toMatchObject({ replicates: 3, iqm: (271.3 + 271.3 - 90) / 3 });
  expect(summary?.low).toBeLessThan(summary?.iqm ?? 0);
  expect(summary?.high).toBeGreaterThan(summary?.iqm ?? 0);
  expect(summariseReplicates({ ...repeats, replicates: repeats.replicates.slice(2) })).toBeNull();
});

test('the figure has a curve for every replicate and one for their middle', () => {
  const { data } = buildReplicatesFigure('many', repeats.replicates);
  expect(data.map(({ name }) => name)).toEqual([
    'middle half',
    'interquartile mean of 3 replicates',
    'many/1',
    'many/2',
    'many/3',
  ]);
  const [, middle] = data;
  expect(middle?.y.at(-1)).toBeCloseTo((271.3 + 271.3 - 90) / 3);
});

test('the figure can be drawn by every front end and holds no HTML', () => {
  const bundle = buildReplicatesFigureBundle(repeats, summariseReplicates(repeats), 'aGk=');
  expect(Object.keys(bundle)).toEqual([FIGURE_MIME, PLOTLY_MIME, 'image/png', 'text/plain']);
  expect(plotlyFigureSchema.parse(JSON.parse(JSON.stringify(bundle[PLOTLY_MIME])))).toEqual(
    bundle[PLOTLY_MIME],
  );
});

test('the table names replicates as references do (RUN/2)', () => {
  const table = buildReplicatesTableBundle(repeats, summariseReplicates(repeats));
  const text = table['text/plain'];
  expect(text).toMatch(/^many: 3 of 4 replicates ended, interquartile mean 1[45]\d/);
  expect(text).toContain('many/3     finished');
  expect(text).toContain('many/4: probing');
  expect(table['text/markdown']).toContain('many/1@10 without the spin term');
});
