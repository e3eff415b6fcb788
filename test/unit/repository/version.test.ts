/** npm's packages and the wheel carry one version. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..');
const packages = [
  '.',
  'kernel',
  'labextension',
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`),
];

test('one version everywhere', () => {
  const versions = packages
    .filter((path) => path !== 'packages/runtime')
    .map((path) => {
      const parsed = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as {
        version: string;
      };
      return parsed.version;
    });
  const wheel = /^version = "(.+)"$/m.exec(readFileSync(join(root, 'pyproject.toml'), 'utf8'))?.[1];
  expect(new Set([...versions, wheel])).toEqual(new Set([wheel]));
  // Messages call the version that wrote the format before by its name: this one must not go by it.
  expect(wheel).not.toMatch(/^0\.1(\.|$)/);
});
