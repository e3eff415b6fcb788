import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDeclarationSchemas } from '../../../packages/language/src';
import { defaultLimits } from '../../../packages/protocol/src';
import { DEFAULT_ACCEPTANCE, DEFAULT_RACING } from '../../../packages/engine/src/settings';

const folder = join(__dirname, '..', '..', '..', 'packages', 'language', 'schemas');

test.each(['environment', 'learn', 'compare'] as const)('%s.json is what the source declares', (kind) => {
  const committed: unknown = JSON.parse(readFileSync(join(folder, `${kind}.json`), 'utf8'));
  // If this fails: npm run schemas -w packages/language
  expect(committed).toEqual(JSON.parse(JSON.stringify(getDeclarationSchemas()[kind])));
});

test.each(['environment', 'learn', 'compare'] as const)('every key of %s has a description', (kind) => {
  const silent: string[] = [];
  const walk = (schema: unknown, path: string): void => {
    const { properties } = asSchema(schema);
    for (const [key, value] of Object.entries(properties ?? {})) {
      if (asSchema(value).description === undefined) silent.push(`${path}${key}`);
      walk(value, `${path}${key}.`);
    }
  };
  walk(getDeclarationSchemas()[kind], '');
  expect(silent).toEqual([]);
});

function asSchema(value: unknown): { properties?: object; description?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

test("the descriptions name the engine's defaults", () => {
  const text = JSON.stringify(getDeclarationSchemas().learn);
  expect(text).toContain(`plays first. Default ${DEFAULT_RACING.seeds}.`);
  expect(text).toContain(`that enters it. Default ${DEFAULT_RACING.most}.`);
  expect(text).toContain(`see error_rate. Default ${DEFAULT_ACCEPTANCE.confidence}.`);
  expect(text).toContain(`Longest call of act. Default ${defaultLimits.stepMs}ms.`);
  expect(text).toContain(`Longest import of a policy. Default ${defaultLimits.importMs / 1000}s.`);
  expect(text).toContain(`Address space of a policy. Default ${defaultLimits.memoryMb}MB.`);
});
