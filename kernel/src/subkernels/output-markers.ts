/**
 * Markers by which the user's Python says where among its outputs the kernel's own belong. Its outputs come over a socket
 * of their own, so that a request of Python's may arrive here ahead of what it had printed before; a marker is published
 * behind that.
 */
import { readObjectOr, parseJson, readStringOr, type RawMessage } from '@policybook/wire';

/** The type of the message that carries a marker: `{"marker": NAME}`. No client sees it. */
export const OUTPUT_MARKER = 'policybook_marker';

/** How many markers are remembered that no request waits for. */
const REMEMBERED = 100;

/** The markers that have passed, and who waits for which. */
export class OutputMarkers {
  private readonly passed = new Set<string>();
  private readonly waiting = new Map<string, () => void>();

  /** Takes a marker in its turn among the publications. */
  onMarker(message: RawMessage): void {
    const content = readObjectOr(parseJson(message.content.toString('utf8')), {});
    const name = readStringOr(content['marker'], '');
    const onPassed = this.waiting.get(name);
    if (onPassed) onPassed();
    else this.remember(name);
  }

  /** Resolves when the marker has passed or the time, in ms, is over: outputs out of order are better than none. */
  async awaitMarker(name: string, ms: number): Promise<void> {
    if (this.passed.delete(name)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.waiting.set(name, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.waiting.delete(name);
  }

  private remember(name: string): void {
    this.passed.add(name);
    const [oldest] = this.passed;
    if (this.passed.size > REMEMBERED && oldest !== undefined) this.passed.delete(oldest);
  }
}
