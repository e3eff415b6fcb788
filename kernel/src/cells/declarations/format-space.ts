/** How spaces are shown under a cell. */
import type { SpaceSummary } from '@policybook/protocol';

/** Formats a space in one line; NumPy's own text of a box would spell out every bound. */
export function formatSpace({ kind, text, shape, dtype, low, high }: SpaceSummary): string {
  if (kind !== 'Box' || shape === null) return text;
  const [least, most] = [low?.[0] ?? null, high?.[0] ?? null];
  const isEven = low?.every((bound) => bound === least) && high?.every((bound) => bound === most);
  const bounds = isEven && least !== null && most !== null ? ` in [${least}, ${most}]` : '';
  return `Box(${shape.join(', ')}) of ${dtype ?? 'numbers'}${bounds}`;
}
