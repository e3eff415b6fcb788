/**
 * SHA-256 (FIPS 180-4), hexadecimal, of a text in UTF-8. Written out because the engine runs where neither
 * `node:crypto` nor a synchronous `crypto.subtle` exists, and because seeds need it within a line of code.
 */
export function computeSha256(text: string): string {
  const words = hashBytes(new TextEncoder().encode(text));
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('');
}

const INITIAL_STATE = deriveRootBits(2, 8);
const ROUND_CONSTANTS = deriveRootBits(3, 64);

/** First 32 bits of the fractional parts of the square or cube roots of the first primes. */
function deriveRootBits(degree: 2 | 3, count: number): Uint32Array {
  const bits: number[] = [];
  for (let n = 2; bits.length < count; n++) {
    if (!isPrime(n)) continue;
    bits.push(Number(computeFractionBits(BigInt(n), degree)));
  }
  return Uint32Array.from(bits);
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

/** Integer root of n·2^(32·degree) by bisection: exact, where doubles would be off in the last bits. */
function computeFractionBits(n: bigint, degree: 2 | 3): bigint {
  const target = n << BigInt(32 * degree);
  let low = 0n;
  let high = n << 32n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(degree) <= target) low = middle;
    else high = middle;
  }
  return low & 0xffffffffn;
}

function hashBytes(bytes: Uint8Array): Uint32Array {
  const padded = new DataView(new ArrayBuffer((((bytes.length + 8) >> 6) + 1) << 6));
  new Uint8Array(padded.buffer).set(bytes);
  padded.setUint8(bytes.length, 0x80);
  padded.setUint32(padded.byteLength - 8, Math.floor(bytes.length / 2 ** 29));
  padded.setUint32(padded.byteLength - 4, bytes.length * 8);
  const state = Uint32Array.from(INITIAL_STATE);
  const schedule = new Uint32Array(64);
  for (let start = 0; start < padded.byteLength; start += 64) {
    for (let t = 0; t < 16; t++) schedule[t] = padded.getUint32(start + 4 * t);
    for (let t = 16; t < 64; t++) {
      const [a, b] = [readWord(schedule, t - 15), readWord(schedule, t - 2)];
      const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
      const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
      schedule[t] = readWord(schedule, t - 16) + s0 + readWord(schedule, t - 7) + s1;
    }
    compress(state, schedule);
  }
  return state;
}

function compress(state: Uint32Array, schedule: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + readWord(ROUND_CONSTANTS, t) + readWord(schedule, t)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = readWord(state, i) + word));
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function readWord(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}
