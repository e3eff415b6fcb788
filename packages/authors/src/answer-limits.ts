/** What bounds one attempt at a model call besides its deadline: a server that goes silent or never ends is not waited for. */

/** Bounds of one attempt. */
export interface AnswerLimits {
  /** Milliseconds without a piece of text once the first has come; before it a model may think for as long as the deadline allows. */
  readonly silence: number;
  /** Bytes of a whole body, as they arrive. */
  readonly bytes: number;
  /** Characters of an answer's texts together: what it says, reasons and calls. */
  readonly characters: number;
}

/** A minute and a half of silence, and many times what the longest answers of today's models take. */
export const DEFAULT_ANSWER_LIMITS: AnswerLimits = {
  silence: 90_000,
  bytes: 64 * 2 ** 20,
  characters: 4_000_000,
};

/** An answer that has passed a bound of its size. */
export class OversizedAnswerError extends Error {
  override readonly name = 'OversizedAnswer';

  /** `most` says the bound in words, as "64 MiB". */
  constructor(most: string) {
    super(`the answer is larger than ${most}, and the rest of it was not read`);
  }
}

/** Fetches as `fetch` does, and fails where a body is larger than so many bytes. */
export function boundFetch(bytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.body === null) return response;
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(createBound(bytes)), { status, statusText, headers });
  };
}

function createBound(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left < 0) controller.error(new OversizedAnswerError(`${Math.round(bytes / 2 ** 20)} MiB`));
      else controller.enqueue(chunk);
    },
  });
}

/** Ends a wait in which nothing has come for too long. */
export class SilenceWatch {
  /** Aborts when the silence has lasted too long. */
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly silence: number) {
    this.signal = this.controller.signal;
  }

  /** Begins the time again: something has come. */
  restart(): void {
    this.end();
    this.timer = setTimeout(() => {
      this.controller.abort();
    }, this.silence);
  }

  /** Watches no longer. */
  end(): void {
    clearTimeout(this.timer);
  }
}
