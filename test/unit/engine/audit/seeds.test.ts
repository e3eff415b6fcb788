import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentSpec } from '../../../../packages/protocol/src';
import {
  deriveAuditSeeds,
  hashEnvironment,
  hashPolicy,
  computeScore,
} from '../../../../packages/engine/src/index';
import { z } from 'zod';

const vectors = z
  .object({
    source: z.string(),
    environment: environmentSpec,
    key: z.object({ policy: z.string(), environment: z.string(), nonce: z.string() }),
    seeds: z.array(z.number()),
    later: z.object({ start: z.number(), seeds: z.array(z.number()) }),
    intervals: z.array(
      z.object({
        returns: z.array(z.number()),
        low: z.number(),
        high: z.number(),
        confidence: z.number(),
        score: z.object({ mean: z.number(), low: z.number(), high: z.number(), deviation: z.number() }),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(__dirname, '../../../fixtures/audit/vectors.json'), 'utf8')));

test('seeds follow from policy, environment and nonce as written down for every language', () => {
  const { source, environment, key, seeds, later } = vectors;
  expect(hashPolicy(source)).toBe(key.policy);
  expect(hashPolicy(source.replaceAll('\n', '\r\n'))).toBe(key.policy);
  expect(hashEnvironment(environment)).toBe(key.environment);
  expect(deriveAuditSeeds(key, seeds.length)).toEqual(seeds);
  expect(deriveAuditSeeds(key, later.seeds.length, later.start)).toEqual(later.seeds);
});

test('another policy, environment or nonce plays other seeds', () => {
  const { key } = vectors;
  const [first] = deriveAuditSeeds(key, 1);
  for (const changed of ['policy', 'environment', 'nonce'] as const)
    expect(deriveAuditSeeds({ ...key, [changed]: `${key[changed].slice(0, -1)}x` }, 1)).not.toEqual([first]);
});

test.each(vectors.intervals)('the interval of $returns.length returns is the recorded one', (each) => {
  const found = computeScore(
    each.returns,
    { low: each.low, high: each.high, assumed: false },
    each.confidence,
  );
  expect(found.mean).toBe(each.score.mean);
  expect(found.low).toBeCloseTo(each.score.low, 9);
  expect(found.high).toBeCloseTo(each.score.high, 9);
});
