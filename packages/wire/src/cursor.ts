/**
 * Cursor offsets. The protocol counts Unicode code points, JavaScript counts UTF-16 units: they part at the
 * first character outside the basic plane, an emoji for instance.
 */

/** Length in UTF-16 units of the first `offset` code points; offsets beyond the end are the end. */
export function codePointsToUtf16(text: string, offset: number): number {
  let units = 0;
  for (let points = 0; points < offset && units < text.length; points += 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}

/** Number of code points in the first `offset` UTF-16 units; an offset between two surrogates counts the pair. */
export function utf16ToCodePoints(text: string, offset: number): number {
  let points = 0;
  for (let units = 0; units < offset && units < text.length; points += 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return points;
}
