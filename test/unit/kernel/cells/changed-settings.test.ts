/** What is said of a declaration that changed stands in the cell's own words. */
import { findDifferences } from '@policybook/engine';
import { UNLIMITED_BUDGET } from '@policybook/protocol';
import { formatChangedSettings } from '../../../../kernel/src/cells/learn/changed-settings';
import { toySettings } from '../../engine/simulation';

const before = toySettings({ budget: { ...UNLIMITED_BUDGET, episodes: 40 } });
const { environment, policy, acceptance } = before;

test.each([
  [{ budget: { ...before.budget, episodes: 1000 } }, ['episodes: 40 → 1000']],
  [{ budget: { ...before.budget, wallSeconds: 1.5 } }, ['wall: none → 1.5s']],
  [{ budget: { ...before.budget, money: 2 } }, ['money: none → $2']],
  [{ acceptance: { ...acceptance, minEffect: 3 } }, ['acceptance.min_effect: none → 3']],
  [{ errorRate: 'per_run' }, ['error_rate: per_comparison → per_run']],
  [
    { policy: { ...policy, stepMs: 2000, memoryMb: 1024 } },
    ['policy.step: 100ms → 2s', 'policy.memory: 256MB → 1024MB'],
  ],
  [{ environment: { ...environment, maxEpisodeSteps: 7 } }, ['max_episode_steps: none → 7']],
  [{ environment: { ...environment, kwargs: { windPower: 7 } } }, ['kwargs.windPower: none → 7']],
  [
    { environment: { ...environment, id: 'Other-v0' }, environmentName: 'Other-v0' },
    ['environment: Toy-v0 → Other-v0'],
  ],
  [{ simplify: false }, ['simplify: true → false']],
  [{ simplify: { on: [{ name: 'windy', environment, longestEpisode: 9 }] } }, ['simplify.on']],
  [
    { author: { kind: 'openai', baseUrl: 'http://a/v1', keyVariable: 'KEY' } },
    ['author: search → openai', 'author.base_url: none → http://a/v1', 'author.key: none → KEY'],
  ],
])('%j is said as %j', (change, said) => {
  expect(formatChangedSettings(findDifferences(before, { ...before, ...change }))).toEqual(said);
});

test('the code of an environment that is named as a variant is called so', () => {
  const simplify = (hash: string) => ({
    simplify: { on: [{ name: 'windy', environment: { ...environment, userCode: { hash } } }] },
  });
  expect(formatChangedSettings(findDifferences(simplify('a'), simplify('b')))).toEqual(['the code of windy']);
});

test('what changed in a contestant names it', () => {
  const contestant = (origin: object) => ({ contestants: [{ name: 'model', origin }] });
  const differences = [
    ...findDifferences(
      contestant({ kind: 'author', settings: before }),
      contestant({ kind: 'author', settings: { ...before, budget: { ...before.budget, calls: 9 } } }),
    ),
    ...findDifferences(
      contestant({ kind: 'policies', policies: [{ reference: 'a', hash: 'ab' }] }),
      contestant({ kind: 'policies', policies: [{ reference: 'a', hash: 'cd' }] }),
    ),
  ];
  expect(formatChangedSettings(differences)).toEqual([
    'model.calls: none → 9',
    'the text of the policy of model',
  ]);
});

test('contestants that come, go and change are named in the words of a cell', () => {
  const policy = (name: string, ...references: readonly string[]) => ({
    name,
    origin: {
      kind: 'policies',
      policies: references.map((reference) => ({ reference, hash: `hash of ${reference}` })),
    },
  });
  const random = (action: unknown) => ({
    name: 'dull',
    origin: { kind: 'baseline', baseline: 'constant', action },
  });
  const declare = (...contestants: readonly object[]) => ({ contestants, against: 'a', episodes: 100 });
  const say = (from: object, to: object) => formatChangedSettings(findDifferences(from, to));
  const two = declare(policy('a', 'a@1'), policy('b', 'b@2'));
  expect(say(two, declare(policy('a', 'a@1'), policy('b', 'b@2'), policy('c', 'c@1')))).toEqual([
    'contestants: a, b → a, b, c',
  ]);
  expect(say(two, declare(policy('b', 'b@2'), policy('a', 'a@1')))).toEqual(['contestants: a, b → b, a']);
  expect(say(two, declare(policy('a', 'a@1'), policy('b', 'b@2', 'b@3')))).toEqual([
    'b.policies: b@2 → b@2, b@3',
  ]);
  expect(say(two, declare(policy('a', 'a@1'), { ...random(null), name: 'b' }))).toEqual([
    'b: policies → baseline',
  ]);
  expect(say(declare(random(null)), declare(random({ arms: [1, 'left'] })))).toEqual([
    'dull.action: none → {arms: [1, left]}',
  ]);
});
