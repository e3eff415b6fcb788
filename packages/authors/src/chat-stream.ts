/** One attempt at a streamed chat completion on any OpenAI-compatible server. */
import type { OpenAI } from 'openai';
import { createBreakOff, createNoStream, readAttemptFailure } from './attempt-failure';
import { count, readFields } from './model-response';
import type { Prompt } from './prompt';
import type { Attempt } from './retry';
import { estimateTokens, type TokenUsage } from './usage';

/** What goes over the wire, without the transport's own parameters. */
export interface ChatRequest {
  readonly model: string;
  readonly prompt: Prompt;
  /** What was said after the prompt, in turns: the model's answer, and what is asked of it next. Empty at first. */
  readonly turns: readonly ChatTurn[];
  readonly temperature: number | null;
  readonly maxTokens: number;
  /** OpenAI's own models want `max_completion_tokens`; most compatible servers know `max_tokens` only. */
  readonly compatible: boolean;
}

/** An answer of the model's, and what was asked next. */
export interface ChatTurn {
  readonly answer: string;
  readonly request: string;
}

/** Estimates the tokens that a request sends: its prompt, and what was said after it. */
export function estimateInput({ prompt, turns }: Pick<ChatRequest, 'prompt' | 'turns'>): number {
  const said = turns.map((turn) => turn.answer + turn.request).join('');
  return estimateTokens(prompt.system + prompt.user + said);
}

/** The content type of a stream of server-sent events. */
const STREAM_TYPE = 'text/event-stream';

/** An answer that the server declared complete, cut-off ones included. */
export interface ChatAnswer {
  readonly model: string;
  readonly content: string;
  readonly refusal: string | null;
  readonly finishReason: string;
  readonly usage: TokenUsage;
}

/**
 * Asks the model once. `key` names the attempt, the same again when a kernel that died in the middle of it has come back: a server that heeds
 * `Idempotency-Key` answers the second time without charging twice.
 */
export async function streamChat(
  client: OpenAI,
  request: ChatRequest,
  key: string,
  signal: AbortSignal,
): Promise<Attempt<ChatAnswer>> {
  const collected = new Collected(request);
  let contentType: string | null = null;
  try {
    const { model, prompt, turns, temperature, maxTokens, compatible } = request;
    const reply = client.chat.completions.create(
      {
        model,
        messages: [
          { role: 'system', content: prompt.system },
          { role: 'user', content: prompt.user },
          ...turns.flatMap((turn) => [
            { role: 'assistant', content: turn.answer } as const,
            { role: 'user', content: turn.request } as const,
          ]),
        ],
        stream: true,
        stream_options: { include_usage: true },
        ...(temperature !== null && { temperature }),
        ...Object.fromEntries([[compatible ? 'max_tokens' : 'max_completion_tokens', maxTokens]]),
      },
      { signal, headers: { 'Idempotency-Key': key } },
    );
    const { data: stream, response } = await reply.withResponse();
    contentType = response.headers.get('content-type') ?? '';
    for await (const chunk of stream) collected.add(chunk);
  } catch (error) {
    return {
      ok: false,
      failure: readAttemptFailure(error, collected.estimateLost(), contentType !== null),
    };
  }
  // The SDK ends an aborted stream silently, as if the server had closed it.
  return collected.answer(contentType);
}

/** Chunks put together. Read tolerantly: servers differ in where usage stands and in what they leave out. */
class Collected {
  private model = '';
  private content = '';
  private refusal = '';
  private reasoning = '';
  private finishReason = '';
  private usage: unknown;
  private chunks = 0;

  constructor(private readonly request: ChatRequest) {}

  add(chunk: unknown): void {
    this.chunks++;
    const { model, choices, usage } = readFields(chunk);
    if (typeof model === 'string') this.model = model;
    // OpenAI sends usage in a last chunk without choices, vLLM with the last choice, others with every chunk.
    if (typeof usage === 'object' && usage !== null) this.usage = usage;
    const choice = readFields(Array.isArray(choices) ? choices[0] : undefined);
    if (typeof choice['finish_reason'] === 'string') this.finishReason = choice['finish_reason'];
    const { content, refusal, reasoning_content: reasoning } = readFields(choice['delta']);
    if (typeof content === 'string') this.content += content;
    if (typeof refusal === 'string') this.refusal += refusal;
    if (typeof reasoning === 'string') this.reasoning += reasoning;
  }

  answer(contentType: string): Attempt<ChatAnswer> {
    // The SDK passes over what is no stream, so that nothing comes of it.
    if (this.chunks === 0 && !contentType.startsWith(STREAM_TYPE))
      return { ok: false, failure: createNoStream(contentType || 'no content type', this.estimate()) };
    if (this.finishReason === '') return { ok: false, failure: createBreakOff(this.estimate()) };
    const { model, content, refusal, finishReason } = this;
    const value = {
      model: model || this.request.model,
      content,
      refusal: refusal === '' ? null : refusal,
      finishReason,
      usage: this.readReported() ?? this.estimate(),
    };
    return { ok: true, value };
  }

  /** What an attempt that breaks off has cost: nothing when not even a first chunk had come. */
  estimateLost(): TokenUsage | null {
    return this.chunks === 0 ? null : (this.readReported() ?? this.estimate());
  }

  private readReported(): TokenUsage | undefined {
    const { prompt_tokens: input, completion_tokens: output } = readFields(this.usage);
    if (typeof input !== 'number' || typeof output !== 'number') return undefined;
    return { input: count(input), output: count(output), estimated: false };
  }

  private estimate(): TokenUsage {
    return {
      input: estimateInput(this.request),
      output: estimateTokens(this.content + this.refusal + this.reasoning),
      estimated: true,
    };
  }
}
