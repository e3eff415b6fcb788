/** The size of a text of which no syntax tree is known. */
import type { PolicySize } from '@policybook/protocol';

/** Measures a text that does not parse: its lines that are not blank, and nothing else. */
export function measureUnparsable(source: string): PolicySize {
  const lines = source.split('\n').filter((line) => line.trim() !== '').length;
  return { lines, branches: 0, nodes: 0, constants: 0 };
}
