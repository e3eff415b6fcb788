/** A type's name stands for one thing: it is exported once in the TypeScript packages, and once in the Python package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonSource, typeScriptSource, type SourceText } from '../../fixtures/source-text';
import { repositoryFiles, repositoryRoot } from '../../fixtures/repository-files';

function repeatedTypes(sources: readonly SourceText[]): string[] {
  const places = new Map<string, string[]>();
  for (const { path, exportedTypes } of sources)
    for (const name of exportedTypes) places.set(name, [...(places.get(name) ?? []), path]);
  return [...places]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name}: ${paths.join(', ')}`);
}

function sourcesEndingIn(ending: string, read: typeof typeScriptSource): SourceText[] {
  return repositoryFiles()
    .filter((path) => /^(packages\/(?!tooling)|kernel\/|labextension\/)/.test(path) && path.endsWith(ending))
    .filter((path) => !path.includes('/templates/'))
    .map((path) => read(path, readFileSync(join(repositoryRoot, path), 'utf8')));
}

test('an exported TypeScript type has a name of its own', () => {
  expect(repeatedTypes(sourcesEndingIn('.ts', typeScriptSource))).toEqual([]);
});

test('a class of the Python package has a name of its own', () => {
  expect(repeatedTypes(sourcesEndingIn('.py', pythonSource))).toEqual([]);
});
