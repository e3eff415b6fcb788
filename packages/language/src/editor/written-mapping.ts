/** What a mapping of a body that is being typed, and mostly does not parse, holds by now. */
import { isMap, isScalar, parseDocument } from 'yaml';
import type { Path } from '../schema/json-schema';

/** Reads the keys of the mapping at a path, each with its word; `undefined` for what is no word. There are none where there is no mapping. */
export function readWrittenMapping(text: string, path: Path): Readonly<Record<string, unknown>> {
  const { contents } = parseDocument(text);
  const node: unknown = path.length === 0 ? contents : isMap(contents) ? contents.getIn(path, true) : null;
  if (!isMap(node)) return {};
  return Object.fromEntries(
    node.items.map(({ key, value }) => [String(key), isScalar(value) ? value.value : undefined]),
  );
}
