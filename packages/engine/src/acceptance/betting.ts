/**
 * Testing the mean of bounded values by betting (Waudby-Smith and Ramdas, "Estimating means of bounded random
 * variables by betting"). A gambler bets that the mean exceeds m; the wealth
 *
 *     E_n(m) = mean over λ of Π (1 + λ (x_i − m) / (m − low))
 *
 * is a martingale when the mean is m, so it passes 1/α with probability at most α however often one looks
 * (Ville's inequality), and rare crashes cannot fool it as they do a t-test. For differences within ±B the scale
 * m − low is B + m. It decreases in m: the values of m that it refutes lie below a limit, which bisection finds.
 */

/** Parts of the wealth at stake: a mixture, because the best one depends on the unknown mean and spread. */
const STAKES = [0.03, 0.06, 0.12, 0.25, 0.5, 0.9];

/** The evidence, growing with each value, that the mean of values not below `low` exceeds `m`. */
export class BettingMartingale {
  /** Wealth of each stake is product · exp(log): a logarithm for each value would be most of a comparison's time. */
  private readonly products = new Float64Array(STAKES.length).fill(1);
  private readonly logs = new Float64Array(STAKES.length);

  constructor(
    private readonly m: number,
    private readonly low: number,
  ) {}

  add(value: number): void {
    const bet = (value - this.m) / (this.m - this.low);
    for (let i = 0; i < STAKES.length; i++) {
      const product = (this.products[i] ?? 1) * (1 + (STAKES[i] ?? 0) * bet);
      if (product > 1e-100 && product < 1e100) this.products[i] = product;
      else {
        this.logs[i] = (this.logs[i] ?? 0) + Math.log(product);
        this.products[i] = 1;
      }
    }
  }

  /** The natural logarithm of E_n(m). */
  get logEValue(): number {
    const logs = STAKES.map((_, i) => (this.logs[i] ?? 0) + Math.log(this.products[i] ?? 1));
    const top = Math.max(...logs);
    return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0) / STAKES.length);
  }
}

/** Finds the greatest m below which every mean is refuted at level `alpha`; `low` when none is. */
export function findLowerLimit(values: readonly number[], low: number, alpha: number): number {
  const enough = -Math.log(alpha);
  let refuted = low;
  let open = values.reduce((sum, value) => sum + value, 0) / values.length;
  // At its own mean a sample is no evidence: log1p is concave, so no stake has gained there.
  for (let halving = 0; halving < 32 && refuted < open; halving++) {
    const middle = (refuted + open) / 2;
    const evidence = new BettingMartingale(middle, low);
    for (const value of values) evidence.add(value);
    if (evidence.logEValue >= enough) refuted = middle;
    else open = middle;
  }
  return refuted;
}

/** Finds the least m above which every mean is refuted at level `alpha`; `high` when none is. */
export function findUpperLimit(values: readonly number[], high: number, alpha: number): number {
  return -findLowerLimit(
    values.map((value) => -value),
    -high,
    alpha,
  );
}
