/** Fewer points for a plot that cannot show them all. */

/**
 * At most about `most` items, keeping order: each of equal stretches keeps its lowest and its highest, which is what
 * the eye sees of a crowd. The newest always stays.
 */
export function thin<T>(items: readonly T[], most: number, value: (item: T) => number): readonly T[] {
  if (items.length <= most) return items;
  const stretches = Math.max(1, Math.floor(most / 2));
  const kept = new Set<T>(items.slice(-1));
  for (let index = 0; index < stretches; index += 1) {
    const stretch = items.slice(
      Math.floor((index * items.length) / stretches),
      Math.floor(((index + 1) * items.length) / stretches),
    );
    const byValue = stretch.toSorted((a, b) => value(a) - value(b));
    for (const item of [...byValue.slice(0, 1), ...byValue.slice(-1)]) kept.add(item);
  }
  return items.filter((item) => kept.has(item));
}
