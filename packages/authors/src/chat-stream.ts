/** One attempt at a streamed chat completion on any OpenAI-compatible server. */
import type { Json } from '@policybook/protocol';
import type { OpenAI } from 'openai';
import type { StreamedText } from './answer-progress';
import { OversizedAnswerError, SilenceWatch, type AnswerLimits } from './answer-limits';
import { createBreakOff, createNoStream, createSilence, readAttemptFailure } from './attempt-failure';
import { count, readFields } from './model-response';
import type { Prompt } from './prompt';
import type { Attempt } from './retry';
import type { ToolCall, ToolDescription } from './tool-call';
import { describeDetails, estimateTokens, type TokenUsage } from './usage';

/** What goes over the wire, without the transport's own parameters. */
export interface ChatRequest {
  readonly model: string;
  readonly prompt: Prompt;
  /** What was said after the prompt, in turns: the model's answer, and what is asked of it next. Empty at first. */
  readonly turns: readonly ChatTurn[];
  /** What the model may call; absent for nothing. */
  readonly tools?: readonly ToolDescription[];
  readonly temperature: number | null;
  readonly maxTokens: number;
  /** Further fields of the body, as the server knows them. */
  readonly further: Readonly<Record<string, Json>>;
  /** OpenAI's own models want `max_completion_tokens`; most compatible servers know `max_tokens` only. */
  readonly compatible: boolean;
}

/** An answer of the model's, and what was asked next, or what came of the tools that it called. */
export type ChatTurn =
  | { readonly answer: string; readonly request: string; readonly isRepair?: boolean }
  | { readonly answer: string; readonly toolUses: readonly ToolUse[]; readonly isRepair?: never };

/** A call of a tool, and what came of it. */
export interface ToolUse {
  readonly call: ToolCall;
  readonly result: string;
}

/** Estimates the tokens that a request sends: its prompt, and what was said after it. */
export function estimateInput({
  prompt,
  turns,
  tools = [],
}: Pick<ChatRequest, 'prompt' | 'turns' | 'tools'>): number {
  const said = turns.map((turn) => turn.answer + listSaid(turn).join('')).join('');
  const described = tools.length === 0 ? '' : JSON.stringify(tools);
  return estimateTokens(prompt.system + prompt.user + described + said);
}

function listSaid(turn: ChatTurn): string[] {
  return 'request' in turn
    ? [turn.request]
    : turn.toolUses.map(({ call, result }) => call.arguments + result);
}

/** The content type of a stream of server-sent events. */
const STREAM_TYPE = 'text/event-stream';

/** An answer that the server declared complete, cut-off ones included. */
export interface ChatAnswer {
  readonly model: string;
  readonly content: string;
  readonly refusal: string | null;
  /** Tools that the model calls before it goes on; absent for none. */
  readonly toolCalls?: readonly ToolCall[];
  readonly finishReason: string;
  readonly usage: TokenUsage;
}

/** How one attempt is made. */
export interface ChatAttempt {
  readonly key: string;
  readonly limits: AnswerLimits;
  /** Takes what has come so far, with each piece of text. */
  readonly onText?: (text: StreamedText) => void;
  readonly signal: AbortSignal;
}

/**
 * Asks the model once. `key` names the attempt, the same again when a kernel that died in the middle of it has come back: a server that heeds
 * `Idempotency-Key` answers the second time without charging twice.
 */
export async function streamChat(
  client: OpenAI,
  request: ChatRequest,
  { key, limits, onText, signal }: ChatAttempt,
): Promise<Attempt<ChatAnswer>> {
  const watch = new SilenceWatch(limits.silence);
  const collected = new Collected(request, limits.characters);
  let contentType: string | null = null;
  try {
    const { model, prompt, turns, tools, temperature, maxTokens, further, compatible } = request;
    const reply = client.chat.completions.create(
      {
        ...further,
        model,
        messages: [
          { role: 'system', content: prompt.system },
          { role: 'user', content: prompt.user },
          ...turns.flatMap(writeTurn),
        ],
        ...(tools !== undefined && { tools: tools.map(writeTool) }),
        stream: true,
        stream_options: { include_usage: true },
        ...(temperature !== null && { temperature }),
        ...Object.fromEntries([[compatible ? 'max_tokens' : 'max_completion_tokens', maxTokens]]),
      },
      { signal: AbortSignal.any([signal, watch.signal]), headers: { 'Idempotency-Key': key } },
    );
    const { data: stream, response } = await reply.withResponse();
    contentType = response.headers.get('content-type') ?? '';
    for await (const chunk of stream) {
      if (!collected.add(chunk)) continue;
      watch.restart();
      onText?.(collected.text);
    }
  } catch (error) {
    return {
      ok: false,
      failure: readAttemptFailure(error, collected.estimateLost(), contentType !== null),
    };
  } finally {
    watch.end();
  }
  // The SDK ends an aborted stream silently, as if the server had closed it.
  if (watch.signal.aborted)
    return { ok: false, failure: createSilence(limits.silence, collected.estimate()) };
  return collected.answer(contentType);
}

function writeTurn(turn: ChatTurn): OpenAI.ChatCompletionMessageParam[] {
  const { answer } = turn;
  if ('request' in turn)
    return [
      { role: 'assistant', content: answer },
      { role: 'user', content: turn.request },
    ];
  const calls = turn.toolUses.map(({ call }) => ({
    id: call.id,
    type: 'function' as const,
    function: { name: call.name, arguments: call.arguments },
  }));
  return [
    { role: 'assistant', content: answer, tool_calls: calls },
    ...turn.toolUses.map(({ call, result }) => ({
      role: 'tool' as const,
      tool_call_id: call.id,
      content: result,
    })),
  ];
}

function writeTool({ name, description, parameters }: ToolDescription): OpenAI.ChatCompletionTool {
  return { type: 'function', function: { name, description, parameters: { ...parameters } } };
}

/** Chunks put together. Read tolerantly: servers differ in where usage stands and in what they leave out. */
class Collected {
  private model = '';
  private content = '';
  private refusal = '';
  private reasoning = '';
  /** By the server's number for each: any number may come. */
  private readonly toolCalls = new Map<number, { id: string; name: string; arguments: string }>();
  private finishReason = '';
  private usage: unknown;
  private chunks = 0;

  constructor(
    private readonly request: ChatRequest,
    private readonly mostCharacters: number,
  ) {}

  /** Takes one more chunk, and says whether it has brought text. Throws where the texts have become too long. */
  add(chunk: unknown): boolean {
    const before = this.length;
    this.read(chunk);
    if (this.length > this.mostCharacters)
      throw new OversizedAnswerError(`${this.mostCharacters.toLocaleString('en-US')} characters`);
    return this.length > before;
  }

  /** What has come so far; calls of tools stand in the content. */
  get text(): StreamedText {
    return { content: this.content + this.refusal + this.called, reasoning: this.reasoning };
  }

  private get length(): number {
    const called = [...this.toolCalls.values()];
    const written = called.reduce((sum, call) => sum + call.name.length + call.arguments.length, 0);
    return this.content.length + this.refusal.length + this.reasoning.length + written;
  }

  private read(chunk: unknown): void {
    this.chunks++;
    const { model, choices, usage } = readFields(chunk);
    if (typeof model === 'string') this.model = model;
    // OpenAI sends usage in a last chunk without choices, vLLM with the last choice, others with every chunk.
    if (typeof usage === 'object' && usage !== null) this.usage = usage;
    const choice = readFields(Array.isArray(choices) ? choices[0] : undefined);
    if (typeof choice['finish_reason'] === 'string') this.finishReason = choice['finish_reason'];
    const { content, refusal, tool_calls: calls, ...delta } = readFields(choice['delta']);
    // DeepSeek, vLLM and llama.cpp send the first, OpenRouter the second.
    const reasoning = delta['reasoning_content'] ?? delta['reasoning'];
    if (Array.isArray(calls)) for (const each of calls as readonly unknown[]) this.addToolCall(each);
    if (typeof content === 'string') this.content += content;
    if (typeof refusal === 'string') this.refusal += refusal;
    if (typeof reasoning === 'string') this.reasoning += reasoning;
  }

  /** A call comes in pieces: its id and name with the first, its arguments little by little. */
  private addToolCall(piece: unknown): void {
    const { index, id, function: called } = readFields(piece);
    const { name, arguments: written } = readFields(called);
    const place = typeof index === 'number' ? index : this.toolCalls.size;
    const call = this.toolCalls.get(place) ?? { id: `call-${place}`, name: '', arguments: '' };
    this.toolCalls.set(place, call);
    if (typeof id === 'string' && id !== '') call.id = id;
    if (typeof name === 'string') call.name += name;
    if (typeof written === 'string') call.arguments += written;
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
      ...(this.toolCalls.size > 0 && { toolCalls: [...this.toolCalls.values()] }),
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
    const usage = readFields(this.usage);
    const { prompt_tokens: input, completion_tokens: output } = usage;
    if (typeof input !== 'number' || typeof output !== 'number') return undefined;
    const { cached_tokens: cached } = readFields(usage['prompt_tokens_details']);
    const { reasoning_tokens: reasoning } = readFields(usage['completion_tokens_details']);
    const details = describeDetails(count(cached), count(reasoning));
    return { input: count(input), output: count(output), ...details, estimated: false };
  }

  private get called(): string {
    return [...this.toolCalls.values()].map((call) => call.name + call.arguments).join('');
  }

  estimate(): TokenUsage {
    return {
      input: estimateInput(this.request),
      output: estimateTokens(this.content + this.refusal + this.reasoning + this.called),
      estimated: true,
    };
  }
}
