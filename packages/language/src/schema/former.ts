/** Keys that had another name in an earlier version: a cell that still has one is answered with the new one. */
import { listKeys, type DeclarationKind, type Path } from './json-schema';

/** What a former key is called now. */
export interface RenamedKey {
  /** The present name, in the same mapping. */
  readonly key: string;
  /** Present words for former ones; a value that is not among them kept its meaning. */
  readonly values: Readonly<Record<string, string>>;
}

/** By the end of the key's path, names joined by dots. */
const RENAMED_KEYS: Readonly<Record<string, RenamedKey>> = {
  control: { key: 'error_rate', values: { comparison: 'per_comparison', run: 'per_run' } },
  'acceptance.gain': { key: 'min_effect', values: {} },
  'acceptance.share': { key: 'budget_share', values: {} },
};

/** The present name of the key at the path, or `undefined` where it never had another, or where that is no key of the place. */
export function findRenamedKey(kind: DeclarationKind, path: Path): RenamedKey | undefined {
  const names = [path.slice(-2).join('.'), String(path.at(-1))];
  const former = names.find((name) => Object.hasOwn(RENAMED_KEYS, name));
  const renamed = former === undefined ? undefined : RENAMED_KEYS[former];
  return renamed !== undefined && listKeys(kind, path.slice(0, -1)).has(renamed.key) ? renamed : undefined;
}

/** One sentence: "`control: run` is now `error_rate: per_run`"; without values where the value is no single word or number. */
export function formatRenamedKey(former: string, { key, values }: RenamedKey, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return `\`${former}\` is now \`${key}\``;
  const present = Object.hasOwn(values, value) ? values[value] : value;
  return `\`${former}: ${value}\` is now \`${key}: ${present}\``;
}
