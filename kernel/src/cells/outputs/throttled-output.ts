/** Shows the latest of a fast stream of states at a bounded rate; the last one is always shown. */

/** Holds back all but the latest value, so that `show` is not called more often than the interval allows. */
export class ThrottledOutput<T> {
  private pending: { value: T } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private shownAt = Number.NEGATIVE_INFINITY;
  private failure: { readonly error: unknown } | undefined;

  /** `interval` is the least number of milliseconds between two calls of `show`. */
  constructor(
    private readonly interval: number,
    private readonly show: (value: T) => void,
  ) {}

  /** Shows the value now, or when the interval allows it unless a later one comes. */
  set(value: T): void {
    this.pending = { value };
    const wait = this.shownAt + this.interval - performance.now();
    if (wait <= 0) this.flush();
    else
      this.timer ??= setTimeout(() => {
        this.flushLater();
      }, wait);
  }

  /** Shows at once what is pending, if anything is. Throws what showing an earlier value by the timer has thrown. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.failure !== undefined) {
      const { error } = this.failure;
      this.failure = undefined;
      throw error;
    }
    if (this.pending === undefined) return;
    const { value } = this.pending;
    this.pending = undefined;
    this.shownAt = performance.now();
    this.show(value);
  }

  /** Nothing catches an error of a timer, which would end the kernel: the next call fails with it. */
  private flushLater(): void {
    try {
      this.flush();
    } catch (error) {
      this.failure = { error };
    }
  }
}
