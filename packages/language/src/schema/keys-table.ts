/** The keys of a mapping as a table of the README, which `npm run schemas` writes. */
import { describeValue, listMeanings } from './describe';
import { listKeys, type DeclarationKind, type Path } from './json-schema';

/** Formats a row for each key that a mapping at the place may have, where its word `kind` is the one that is given. */
export function formatKeysTable(declaration: DeclarationKind, path: Path, kind: string): string {
  const keys = [...listKeys(declaration, path, { kind })].filter(([key]) => key !== 'kind');
  const rows = keys.map(([key, node]) => [`\`${key}\``, describeValue(node), listMeanings(node).join(' ')]);
  return [['key', 'value', 'what it says'], ['---', '---', '---'], ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
