/**
 * Random streams by name. A seed is the first 31 bits of SHA-256 over the run's seed, the stream's name and the
 * position, so a stream is the same however much of another was drawn, and on whichever machine. Streams are
 * disjoint by name up to chance: among n seeds two are equal with probability about n²/2³².
 */
import { computeSha256 } from './sha256';

/** What a stream is for: its kind, then what distinguishes it from others of its kind. */
export type StreamName =
  /** The training seeds, the same for every candidate of a run. */
  | readonly ['training']
  /** The one seed on which a text is tried before it is proposed. */
  | readonly ['check']
  /** The seeds on which an author's tools play texts, the same for every text of a run. */
  | readonly ['tools']
  /** Fresh seeds on which a head is measured that was compared with no one. */
  | readonly ['measurement', head: string]
  | readonly ['selection', challenger: string]
  | readonly ['tuning', champion: string]
  | readonly ['simplification', champion: string]
  | readonly ['jitter' | 'jitter draws', champion: string]
  | readonly ['full episodes', champion: string]
  | readonly ['author', generation: number]
  /** Position k has the seed of replicate k + 1 of a repeated run. */
  | readonly ['repeat'];

/** Derives `count` seeds of a stream, from position `start` on; each in [0, 2³¹). */
export function deriveSeeds(runSeed: number, name: StreamName, count: number, start = 0): number[] {
  return hashToSeeds([runSeed, ...name], count, start);
}

/**
 * Derives `count` seeds of any stream, from position `start` on: each is the first 31 bits of SHA-256 over `key` with the
 * position added, written as JSON without white space.
 */
export function hashToSeeds(key: readonly (string | number)[], count: number, start = 0): number[] {
  return Array.from({ length: count }, (_, index) => {
    const digest = computeSha256(JSON.stringify([...key, start + index]));
    return parseInt(digest.slice(0, 8), 16) >>> 1;
  });
}
