/** Reproducible random numbers: a stream follows from its name alone, on every machine. */
import { computeSha256 } from '../sha256';

/** Creates a stream of numbers that are uniform in [0, 1), 32 bits each: sfc32 (PractRand's small fast counter), seeded with SHA-256 of the name. */
export function createRandomStream(...name: readonly (string | number)[]): () => number {
  const digest = computeSha256(JSON.stringify(name));
  const readWord = (index: number): number => parseInt(digest.slice(8 * index, 8 * index + 8), 16) | 0;
  let [a, b, c, counter] = [readWord(0), readWord(1), readWord(2), readWord(3)];
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
}
