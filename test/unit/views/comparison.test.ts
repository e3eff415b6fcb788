import {
  conclude,
  foldComparison,
  type ComparisonEvent,
  type ComparisonLine,
  type ComparisonState,
} from '@policybook/engine';
import {
  buildComparisonFigureBundle,
  drawComparison,
  buildComparisonsBundle,
  buildComparisonTableBundle,
  formatComparisonTitle,
  buildUsageRows,
  FIGURE_MIME,
  plotlyFigureSchema,
  PLOTLY_MIME,
  buildResultRows,
} from '@policybook/views';
import { toyFacts } from '../engine/simulation';

const episodes = 40;
const settings = {
  environment: { id: 'Toy-v0', simulator: null, kwargs: {}, observe: null, maxEpisodeSteps: null },
  environmentName: 'Toy-v0',
  returns: [0, 100] as [number, number],
  episodes,
  seed: 0,
  confidence: 0.95,
  policy: { stepMs: 100, importMs: 1000, memoryMb: 256, imports: [] },
  against: '<b>weak</b>',
  contestants: [
    { name: 'method', origin: { kind: 'policies' as const, policies: [] } },
    { name: '<b>weak</b>', origin: { kind: 'policies' as const, policies: [] } },
  ],
};

function entered(contestant: string, member: number, steps: number): ComparisonLine {
  const event: ComparisonEvent = {
    type: 'contestant_loaded',
    contestant,
    replicate: member,
    reference: null,
    label: contestant,
    policy: `000${member}-ab.py`,
    hash: 'ab',
    size: { lines: 12, branches: 2, nodes: 40, constants: 3 },
    bytes: 400,
    usage: { steps, tokensIn: 900, tokensOut: 100, calls: 1, money: 0.02 },
  };
  const measured = { learningCpuSeconds: 3.5, learningWallSeconds: 9, coldStartMs: 3.21, decisionUs: 1.6 };
  return { event, measured, isolationLevel: 4 };
}

function block(contestant: string, member: number, mean: number, fails = false): ComparisonLine {
  const returns = Array.from({ length: episodes }, (_, seed) =>
    fails && seed % 10 === 0 ? null : mean + (seed % 5),
  );
  const failure = {
    code: 'raised' as const,
    message: 'ZeroDivisionError: `x`',
    line: 3,
    column: 1,
    seed: 1,
    step: 2,
  };
  const event: ComparisonEvent = {
    type: 'block_played',
    contestant,
    replicate: member,
    start: 0,
    returns,
    ...(fails && { failure }),
    usage: { episodes, steps: 400 },
  };
  return { event };
}

const lines: ComparisonLine[] = [
  { event: { type: 'comparison_declared', format: 2, comparison: 'bench', settings, facts: toyFacts } },
  entered('method', 1, 1000),
  entered('method', 2, 3000),
  entered('<b>weak</b>', 1, 0),
  { event: { type: 'seeds_drawn', seeds: Array.from({ length: episodes }, (_, seed) => seed) } },
  block('method', 1, 60),
  block('method', 2, 70),
  block('<b>weak</b>', 1, 20, true),
];

function stateOf(some: readonly ComparisonLine[]): ComparisonState {
  const state = foldComparison(some);
  if (state === null) throw new Error('nothing declared');
  return state;
}

const state = stateOf(lines);
const conclusion = conclude(state);
if (conclusion === null) throw new Error('nothing concluded');

test('each contestant has a row with its difference to the one that was named', () => {
  const { head, rows } = buildResultRows(state, conclusion);
  expect(head).toEqual([
    'contestant',
    'policies',
    'mean return',
    'failed',
    'minus <b>weak</b>',
    'P(better on a seed)',
    'P(better replicate)',
    'interquartile mean',
  ]);
  const [method, weak] = rows;
  expect(method?.slice(0, 2)).toEqual(['method', '2']);
  expect(method?.[2]).toMatch(/^67\.0 \[5\d\.\d, 7\d\.\d\]$/);
  expect(method?.[4]).toMatch(/^\+\d\d\.\d \[\d+\.\d, \d+\.\d\]$/);
  expect(method?.slice(5, 7)).toEqual([expect.stringMatching(/^100 % \[\d+, 100\]$/), '100 %']);
  expect(method?.[7]).toMatch(/^67\.0 \[62\.0, 72\.0\]$/);
  expect(weak?.slice(3, 7)).toEqual(['4', '', '', '']);
});

test("costs are means over a contestant's policies, and a resource that none used has no column", () => {
  const { head, rows } = buildUsageRows(state);
  expect(head).toEqual([
    'contestant',
    'steps to learn',
    'model calls',
    'tokens',
    'money',
    'CPU',
    'a decision',
    'cold start',
    'bytes',
    'lines',
  ]);
  expect(rows[0]).toEqual([
    'method',
    '2,000',
    '1',
    '1,000',
    '$0.02',
    '3.5 s',
    '1.6 µs',
    '3.2 ms',
    '400',
    '12',
  ]);
});

test('the tables have notes on what limits their numbers', () => {
  const bundle = buildComparisonTableBundle(state, conclusion, 'playing seeds 1 to 25');
  const text = bundle['text/plain'];
  expect(text).toContain('bench · Toy-v0 · method leads with 67.0');
  expect(text).toContain('playing seeds 1 to 25');
  expect(text).toContain('an interval holds at 95 % for itself');
  expect(text).toContain('method stands on 2 replicates');
  expect(text).toContain('ZeroDivisionError: `x`; a failed episode counts as 0');
  expect(bundle['text/markdown']).not.toContain('<b>');
  expect(bundle['text/markdown']).toContain('\\`x\\`');
  expect(Object.keys(bundle)).toEqual(['text/markdown', 'text/plain']);
});

test('a leader is called undecided where the difference from another may be none', () => {
  const [pair] = conclusion.pairs;
  if (pair === undefined) throw new Error('no pair');
  const open = { ...conclusion, pairs: [{ ...pair, difference: { ...pair.difference, low: -2 } }] };
  expect(formatComparisonTitle(state, open)).toContain(' method leads, not decided, with 67.0 [');
});

test('the figure has a curve and a band for each contestant, with names escaped', () => {
  const bundle = buildComparisonFigureBundle(state, conclusion, 'aGk=');
  expect(Object.keys(bundle)).toEqual([FIGURE_MIME, PLOTLY_MIME, 'image/png', 'text/plain']);
  const figure = plotlyFigureSchema.parse(JSON.parse(JSON.stringify(bundle[PLOTLY_MIME])));
  expect(figure).toEqual(bundle[PLOTLY_MIME]);
  expect(figure.data.filter(({ showlegend }) => showlegend).map(({ name }) => name)).toEqual([
    'method',
    '&lt;b&gt;weak&lt;/b&gt;',
  ]);
  expect(JSON.stringify(bundle).length).toBeLessThan(200_000);
});

test('before anything is played, costs and empty axes are shown', () => {
  const early = stateOf(lines.slice(0, 3));
  expect(conclude(early)).toBeNull();
  expect(drawComparison(early, null).data).toEqual([]);
  expect(buildComparisonTableBundle(early, null, 'bringing weak')['text/plain']).toContain('1,000');
  expect(formatComparisonTitle(early, null)).toBe('bench · Toy-v0 · nothing played yet');
});

test('where every episode failed no numbers are shown, but what failed', () => {
  const message = 'ZeroDivisionError: `x`';
  const failed = lines.map(({ event, ...line }): ComparisonLine => {
    if (event.type !== 'block_played') return { event, ...line };
    const failure = { code: 'raised' as const, message, line: 3, column: 1, seed: 1, step: 2 };
    return { event: { ...event, returns: event.returns.map(() => null), failure } };
  });
  const all = stateOf(failed);
  expect(conclude(all)).toBeNull();
  expect(formatComparisonTitle(all, null)).toBe('bench · Toy-v0 · every episode failed');
  const text = JSON.stringify(buildComparisonTableBundle(all, null, '')['text/plain']);
  expect(text).toContain('method, replicate 2, fails: ZeroDivisionError');
  expect(text).not.toContain('counts as');
  expect(buildComparisonsBundle([{ comparison: 'bench', state: all }])['text/plain']).toContain(
    'every episode failed',
  );
});

test('a contestant that failed in every episode says so instead of the bound that failures count as', () => {
  const some = lines.map(({ event, ...line }): ComparisonLine => {
    if (event.type !== 'block_played' || event.contestant === 'method') return { event, ...line };
    return { event: { ...event, returns: event.returns.map(() => null) } };
  });
  const failed = stateOf(some);
  const concluded = conclude(failed);
  if (concluded === null) throw new Error('nothing concluded');
  const { rows } = buildResultRows(failed, concluded);
  expect(rows[1]?.slice(0, 4)).toEqual(['<b>weak</b>', '–', 'failed in every episode', '40']);
  // A difference to it would be one to the bound.
  expect(rows[0]?.slice(4)).not.toContainEqual(expect.stringContaining('+'));
  const named = drawComparison(failed, concluded).data.map(({ name }) => name);
  expect(named.filter((name) => name.includes('weak'))).toEqual([]);
});

test('a constant baseline says which action it holds', () => {
  const origin = { kind: 'baseline' as const, baseline: 'constant' as const, action: null };
  const contestants = settings.contestants.map((each) =>
    each.name === 'method' ? { ...each, origin } : each,
  );
  const [, ...rest] = lines;
  const held = stateOf([
    {
      event: {
        type: 'comparison_declared',
        format: 2,
        comparison: 'bench',
        settings: { ...settings, contestants },
        facts: toyFacts,
      },
    },
    ...rest.map((line): ComparisonLine =>
      line.event.type === 'contestant_loaded'
        ? { ...line, event: { ...line.event, label: '2, or the nearest legal action' } }
        : line,
    ),
  ]);
  expect(buildComparisonTableBundle(held, conclusion, '')['text/plain']).toContain(
    'method plays 2, or the nearest legal action in every step',
  );
});

test('the list of comparisons names the leader of each', () => {
  const stopped: ComparisonLine = {
    event: { type: 'comparison_stopped', reason: 'finished', message: 'all of it is played', conclusion },
  };
  const listed = buildComparisonsBundle([{ comparison: 'bench~1', state: stateOf([...lines, stopped]) }]);
  expect(listed['text/plain']).toMatch(/bench~1 .* finished .* 2 .* 40 .* method 67/);
});

test('the tables say for each policy how many episodes the environment has lost', () => {
  const some = lines.map(({ event, ...line }): ComparisonLine => {
    if (event.type !== 'block_played' || event.contestant === 'method') return { event, ...line };
    return { event: { ...event, usage: { ...event.usage, lost: 3 } }, ...line };
  });
  const lost: ComparisonLine = {
    event: {
      type: 'episodes_lost',
      episodes: 3,
      fault: 'the process ended in step, by SIGSEGV (seed 7, step 2)',
    },
  };
  const text = JSON.stringify(
    buildComparisonTableBundle(stateOf([...some, lost]), conclusion, '')['text/plain'],
  );
  expect(text).toContain('<b>weak</b>: 3 of 43 episodes lost');
  expect(text).not.toContain('method: ');
  expect(text).toContain('the last episode that was lost: the process ended in step, by SIGSEGV');
});

test('a model stands with its score beside its price, and with what is better for no more', () => {
  const { head, rows } = buildUsageRows(state, conclusion);
  const [score, better] = [head.indexOf('scores'), head.indexOf('better for no more')];
  expect(rows.map((cells) => [cells[0], cells[score], cells[better]])).toEqual([
    ['method', '67.0', 'none'],
    ['<b>weak</b>', expect.stringMatching(/^\d+\.\d$/), 'method'],
  ]);
});

test('what is better at a higher price is no reason against a model', () => {
  const dearer = lines.map((line) =>
    line.event.type === 'contestant_loaded' && line.event.contestant === 'method'
      ? { ...line, event: { ...line.event, usage: { ...line.event.usage, money: 5 } } }
      : line,
  );
  const { head, rows } = buildUsageRows(stateOf(dearer), conclusion);
  expect(rows.map((cells) => cells[head.indexOf('better for no more')])).toEqual(['none', 'none']);
});

test('where nobody has a model, nothing is said of prices', () => {
  const without = lines.map((line) =>
    line.event.type === 'contestant_loaded'
      ? { ...line, event: { ...line.event, usage: { steps: 10 } } }
      : line,
  );
  const { head } = buildUsageRows(stateOf(without), conclusion);
  expect(head).not.toContain('scores');
  expect(head).not.toContain('better for no more');
});
