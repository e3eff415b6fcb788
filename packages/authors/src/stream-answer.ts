/** One attempt at a streamed answer: bounded in silence and length, and a value whatever comes of it. */
import type { ChatAnswer, ChatAttempt, ChatRequest } from './chat-request';
import { SilenceWatch } from './answer-limits';
import { createSilence, readAttemptFailure } from './attempt-failure';
import { CollectedAnswer } from './collected-answer';
import type { Attempt } from './retry';

/** A stream that has begun, with the response that it came in. */
interface BegunStream {
  readonly data: AsyncIterable<unknown>;
  readonly response: Response;
}

/** What a request to the server is made with. */
interface StreamOptions {
  readonly signal: AbortSignal;
  readonly headers: Record<string, string>;
}

/**
 * Opens a stream and reads its pieces into an answer by `read`. The key of the attempt is the same again when a kernel that died
 * in the middle of it has come back: a server that heeds `Idempotency-Key` answers the second time without charging twice.
 */
export async function streamAnswer(
  request: ChatRequest,
  { key, limits, onText, signal }: ChatAttempt,
  read: (collected: CollectedAnswer, piece: unknown) => void,
  open: (options: StreamOptions) => Promise<BegunStream>,
): Promise<Attempt<ChatAnswer>> {
  const watch = new SilenceWatch(limits.silence);
  const collected = new CollectedAnswer(request, limits.characters);
  let contentType: string | null = null;
  try {
    const either = AbortSignal.any([signal, watch.signal]);
    const { data: stream, response } = await open({ signal: either, headers: { 'Idempotency-Key': key } });
    contentType = response.headers.get('content-type') ?? '';
    for await (const piece of stream) {
      const hasText = collected.add(() => {
        read(collected, piece);
      });
      if (!hasText) continue;
      watch.restart();
      onText?.(collected.text);
    }
  } catch (error) {
    const failure = readAttemptFailure(error, collected.estimateLost(), contentType !== null);
    return { ok: false, failure };
  } finally {
    watch.end();
  }
  // The SDK ends an aborted stream silently, as if the server had closed it.
  if (watch.signal.aborted)
    return { ok: false, failure: createSilence(limits.silence, collected.estimate()) };
  return collected.answer(contentType);
}
