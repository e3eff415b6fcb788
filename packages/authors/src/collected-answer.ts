/** An answer of a model, put together from the pieces of its stream, whichever way it is streamed. */
import type { StreamedText } from './answer-progress';
import { OversizedAnswerError } from './answer-limits';
import { createBreakOff, createNoStream } from './attempt-failure';
import { estimateInput, type ChatAnswer, type ChatRequest } from './chat-request';
import type { Attempt } from './retry';
import type { ToolCall } from './tool-call';
import { estimateTokens, type TokenUsage } from './usage';

/** The content type of a stream of server-sent events. */
const STREAM_TYPE = 'text/event-stream';

/** A piece of a call of a tool: its id and name come with the first, its arguments little by little. */
export interface ToolCallPiece {
  /** The server's number for the call: any number may come. Absent where each piece is a call. */
  readonly place?: number;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly written?: unknown;
}

/** What has come of an answer so far. Texts are read tolerantly: what is no text is passed over. */
export class CollectedAnswer {
  private model = '';
  private content = '';
  private refusal = '';
  private reasoning = '';
  private readonly toolCalls = new Map<number, { id: string; name: string; arguments: string }>();
  private finishReason = '';
  private usage: TokenUsage | null = null;
  private pieces = 0;

  constructor(
    private readonly request: ChatRequest,
    private readonly mostCharacters: number,
  ) {}

  /** Takes one more piece, and says whether it has brought text. Throws where the texts have become too long. */
  add(read: () => void): boolean {
    const before = this.length;
    this.pieces++;
    read();
    if (this.length > this.mostCharacters)
      throw new OversizedAnswerError(`${this.mostCharacters.toLocaleString('en-US')} characters`);
    return this.length > before;
  }

  addContent(text: unknown): void {
    if (typeof text === 'string') this.content += text;
  }

  addRefusal(text: unknown): void {
    if (typeof text === 'string') this.refusal += text;
  }

  addReasoning(text: unknown): void {
    if (typeof text === 'string') this.reasoning += text;
  }

  addToolCall({ place = this.toolCalls.size, id, name, written }: ToolCallPiece): void {
    const call = this.toolCalls.get(place) ?? { id: `call-${place}`, name: '', arguments: '' };
    this.toolCalls.set(place, call);
    if (typeof id === 'string' && id !== '') call.id = id;
    if (typeof name === 'string') call.name += name;
    if (typeof written === 'string') call.arguments += written;
  }

  setModel(name: unknown): void {
    if (typeof name === 'string') this.model = name;
  }

  /** `reason` is one of chat completions: `stop`, `length`, `content_filter`, `tool_calls`. */
  finish(reason: unknown): void {
    if (typeof reason === 'string') this.finishReason = reason;
  }

  /** Takes what the server says of tokens; `null` where it does not say it in full. */
  setUsage(usage: TokenUsage | null): void {
    this.usage = usage ?? this.usage;
  }

  /** What has come so far; calls of tools stand in the content. */
  get text(): StreamedText {
    return { content: this.content + this.refusal + this.called, reasoning: this.reasoning };
  }

  private get length(): number {
    return this.content.length + this.refusal.length + this.reasoning.length + this.called.length;
  }

  /** The answer where the server has declared it complete; otherwise why there is none. */
  answer(contentType: string): Attempt<ChatAnswer> {
    // The SDK passes over what is no stream, so that nothing comes of it.
    if (this.pieces === 0 && !contentType.startsWith(STREAM_TYPE))
      return { ok: false, failure: createNoStream(contentType || 'no content type', this.estimate()) };
    if (this.finishReason === '') return { ok: false, failure: createBreakOff(this.estimate()) };
    const { model, content, refusal, finishReason } = this;
    const value = {
      model: model || this.request.model,
      content,
      refusal: refusal === '' ? null : refusal,
      ...(this.toolCalls.size > 0 && { toolCalls: this.listToolCalls() }),
      finishReason,
      usage: this.usage ?? this.estimate(),
    };
    return { ok: true, value };
  }

  /** What an attempt that breaks off has cost: nothing when not even a first piece had come. */
  estimateLost(): TokenUsage | null {
    return this.pieces === 0 ? null : (this.usage ?? this.estimate());
  }

  estimate(): TokenUsage {
    return {
      input: estimateInput(this.request),
      output: estimateTokens(this.content + this.refusal + this.reasoning + this.called),
      estimated: true,
    };
  }

  private listToolCalls(): ToolCall[] {
    return [...this.toolCalls.values()];
  }

  private get called(): string {
    return [...this.toolCalls.values()].map((call) => call.name + call.arguments).join('');
  }
}
