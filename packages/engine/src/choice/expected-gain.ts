/** What it would be worth to know a policy's mean exactly: how much better than the head it may be, times how probably. */

/**
 * Computes the expected gain of choosing the better of two policies once their difference were known, when by now it is
 * normal with this mean and standard deviation ("expected improvement"; Jones, Schonlau and Welch).
 */
export function computeExpectedGain(difference: number, deviation: number): number {
  if (deviation <= 0) return Math.max(0, difference);
  const z = difference / deviation;
  return Math.max(0, deviation * (z * computeNormalProbability(z) + computeNormalDensity(z)));
}

/** Computes the probability that a standard normal value is below `z`, to 1e-7 (Abramowitz and Stegun 26.2.17). */
export function computeNormalProbability(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = computeNormalDensity(z) * series;
  return z >= 0 ? 1 - upper : upper;
}

function computeNormalDensity(z: number): number {
  return Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
}
