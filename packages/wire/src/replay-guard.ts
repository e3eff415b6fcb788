/** Remembers signatures, so that a recorded message cannot be sent a second time. */

/** Oldest signatures are forgotten first; this many cost about 2 MB. */
const REMEMBERED = 16_384;

/** Remembers the latest signatures, `capacity` of them. */
export class ReplayGuard {
  private readonly seen = new Set<string>();

  constructor(private readonly capacity = REMEMBERED) {}

  /** Records a signature; false where it was seen before. Unsigned connections cannot be guarded. */
  admit(signature: Buffer): boolean {
    if (signature.length === 0) return true;
    const text = signature.toString('latin1');
    if (this.seen.has(text)) return false;
    this.seen.add(text);
    if (this.seen.size > this.capacity) {
      const oldest = this.seen.values().next();
      if (!oldest.done) this.seen.delete(oldest.value);
    }
    return true;
  }
}
