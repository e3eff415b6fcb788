/** A space as a sentence names it. */
import type { SpaceSummary } from '@policybook/protocol';

/** A space in a line: NumPy's own text of a box spells out every bound. */
export function formatSpace({ kind, text, shape, dtype, low, high }: SpaceSummary): string {
  if (kind !== 'Box' || shape === null) return text;
  const [least, most] = [low?.[0] ?? null, high?.[0] ?? null];
  const even = low?.every((bound) => bound === least) && high?.every((bound) => bound === most);
  const bounds = even && least !== null && most !== null ? ` in [${least}, ${most}]` : '';
  return `Box(${shape.join(', ')}) of ${dtype ?? 'numbers'}${bounds}`;
}
