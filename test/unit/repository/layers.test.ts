/** Imports point down the list of design: the packages' import graph is scanned, type-only imports included. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { findImportCircles } from '../../fixtures/import-circles';

const root = join(__dirname, '..', '..', '..');

/** Each layer and what of ours it may import. */
const allowed: Record<string, readonly string[]> = {
  'packages/wire': ['@policybook/protocol'],
  'packages/protocol': [],
  'packages/language': ['@policybook/protocol'],
  'packages/engine': ['@policybook/protocol'],
  'packages/authors': ['@policybook/protocol', '@policybook/engine'],
  'packages/store': ['@policybook/protocol', '@policybook/engine'],
  'packages/views': ['@policybook/protocol', '@policybook/engine'],
  labextension: ['@policybook/views', '@policybook/language'],
  kernel: [
    '@policybook/wire',
    '@policybook/protocol',
    '@policybook/language',
    '@policybook/engine',
    '@policybook/authors',
    '@policybook/store',
    '@policybook/views',
  ],
};
/** Packages that run in browsers as well, or do no I/O of their own. */
const withoutNode = ['packages/protocol', 'packages/language', 'packages/engine', 'packages/views'];

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}

function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g);
  return [...found].map((match) => match[1] ?? '');
}

/** The file of the same package that a relative import leads to; none for what is not TypeScript. */
function importedFile(file: string, name: string): string[] {
  const path = join(file, '..', name);
  return [path, `${path}.ts`, `${path}.tsx`, join(path, 'index.ts')]
    .filter((candidate) => /\.tsx?$/.test(candidate) && existsSync(candidate))
    .slice(0, 1);
}

describe.each(Object.keys(allowed))('%s', (layer) => {
  const files = sources(join(root, layer, 'src'));

  test('has sources', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  test('imports only what stands below it', () => {
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((name) => name.startsWith('@policybook/'))
        .filter(
          (name) => !(allowed[layer] ?? []).some((below) => name === below || name.startsWith(`${below}/`)),
        )
        .map((name) => `${relative(root, file)} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('reaches other packages by name, never by path', () => {
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((name) => name.startsWith('.'))
        .filter((name) => !join(file, '..', name).startsWith(join(root, layer)))
        .map((name) => `${relative(root, file)} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('has no circle of files that import each other, be it for types alone', () => {
    const graph = new Map(
      files.map((file) => [
        relative(root, file),
        imports(file)
          .filter((name) => name.startsWith('.'))
          .flatMap((name) => importedFile(file, name))
          .map((imported) => relative(root, imported)),
      ]),
    );
    expect(findImportCircles(graph)).toEqual([]);
  });

  if (withoutNode.includes(layer))
    test('imports nothing of Node', () => {
      const wrong = files.flatMap((file) =>
        imports(file)
          .filter((name) => name.startsWith('node:'))
          .map((name) => `${relative(root, file)} imports ${name}`),
      );
      expect(wrong).toEqual([]);
    });
});

test('a kernel loads zeromq as it starts, and no other library: what it runs later loads itself', async () => {
  const { metafile } = await build({
    entryPoints: [join(root, 'kernel', 'src', 'main.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['zeromq'],
    metafile: true,
    write: false,
  });
  const libraries = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules/'));
  expect(libraries).toEqual([]);
});
