/** The calls of a run that is replayed, as the call log of the run that replays it: nothing that is not in it is ever asked. */
import type { CallLog, ChangedPrompt, EventOf } from '@policybook/engine';
import type { AuthorSettings } from '@policybook/engine';
import { formatQuantity, type Json } from '@policybook/protocol';
import { listChangedLines } from './changed-lines';
import { readFields, readRecordedFailure } from './model-response';

/** One recorded call; `response` is `null` where none came. */
export interface RecordedCall {
  readonly hash: string;
  readonly request: Json;
  readonly response: Json | null;
}

/** What a run's folder says of its author's answers. */
export interface RecordedAnswers {
  /** The settings of the run's author. */
  readonly author: AuthorSettings;
  /** All of its calls, in the order of their hashes. */
  readonly calls: readonly RecordedCall[];
  /** What the author gave no answer for. */
  readonly failures: readonly EventOf<'author_failed'>[];
  /** Whether random actions were tried before the first answer. */
  readonly isProbed: boolean;
}

/** The record has no answer to a call. */
export class NotRecordedError extends Error {
  readonly code = 'not_recorded';
}

/** The record has an answer to another prompt, and the replay is a strict one. */
export class PromptChangedError extends Error {
  readonly code = 'prompt_changed';
}

/** What a replay does with its calls. */
export interface ReplayOptions {
  /** The recorded calls. */
  readonly recorded: readonly RecordedCall[];
  /** The log of the run that replays, which gets a copy of each answer that is taken. */
  readonly own: CallLog;
  /** Whether a changed prompt is refused. */
  readonly isStrict: boolean;
}

/** Answers from a record: the call of the same hash or, where the prompt has changed, the one at the same place. */
export class ReplayedCalls implements CallLog {
  readonly isClosed = true;
  private readonly byHash: ReadonlyMap<string, RecordedCall>;
  private readonly byPlace: ReadonlyMap<string, RecordedCall>;
  private changes: { readonly place: CallPlace; readonly prompt: ChangedPrompt }[] = [];

  constructor(private readonly options: ReplayOptions) {
    const answered = options.recorded.filter(
      ({ response }) => response !== null && readRecordedFailure(response) === undefined,
    );
    this.byHash = new Map(answered.map((call) => [call.hash, call]));
    this.byPlace = new Map(answered.map((call) => [formatPlaceKey(readPlace(call.request)), call]));
  }

  /** Takes the prompts that have changed since it was called last, in the order of their places. */
  takeChanges(): { readonly place: string; readonly prompt: ChangedPrompt }[] {
    const taken = this.changes.sort((one, other) => comparePlaces(one.place, other.place));
    this.changes = [];
    return taken.map(({ place, prompt }) => ({ place: formatPlace(place), prompt }));
  }

  /** Finds the recorded answer. Throws `NotRecordedError` and `PromptChangedError`. */
  async find(hash: string, request: Json): Promise<{ request: Json; response: Json }> {
    const place = readPlace(request);
    const call = this.byHash.get(hash) ?? this.byPlace.get(formatPlaceKey(place));
    if (call === undefined || call.response === null)
      throw new NotRecordedError(`the record has no answer for ${formatPlace(place)}`);
    if (call.hash !== hash) this.noteChange(hash, request, call, place);
    const { own } = this.options;
    const copied = await own.find(hash, request);
    if (copied === undefined) await own.intend(hash, request);
    if (copied?.response == null) await own.answer(hash, call.response);
    return { request, response: call.response };
  }

  /** Throws: no call is begun that the record does not have. */
  intend(): Promise<void> {
    return Promise.reject(new NotRecordedError('a replay begins no call'));
  }

  /** Throws, as `intend`. */
  answer(): Promise<void> {
    return this.intend();
  }

  private noteChange(hash: string, request: Json, call: RecordedCall, place: CallPlace): void {
    const difference = listChangedLines(call.request, request);
    if (this.options.isStrict)
      throw new PromptChangedError(
        `the prompt of ${formatPlace(place)} differs from the recorded one (${difference.join(' | ')}), and strict: true takes no answer to another prompt (prompt_changed)`,
      );
    const prompt = { call: `${hash}.json`, recorded: `${call.hash}.json`, difference };
    this.changes.push({ place, prompt });
  }
}

/** Where in a run a call stands: which generation, which of its answers, and how many turns its conversation had. */
interface CallPlace {
  readonly generation: number;
  readonly answer: number;
  readonly turn: number;
}

function readPlace(request: Json): CallPlace {
  const { sample, answer, turns } = readFields(request);
  return {
    generation: typeof sample === 'number' ? sample : 0,
    answer: typeof answer === 'number' ? answer : 0,
    turn: Array.isArray(turns) ? turns.length : 0,
  };
}

function comparePlaces(one: CallPlace, other: CallPlace): number {
  return one.answer - other.answer || one.turn - other.turn;
}

function formatPlaceKey({ generation, answer, turn }: CallPlace): string {
  return [generation, answer, turn].join(' ');
}

function formatPlace({ generation, answer, turn }: CallPlace): string {
  const which = answer === 0 ? '' : `, answer ${answer + 1}`;
  return `generation ${generation}${which}${turn === 0 ? '' : `, after ${formatQuantity(turn, 'turn')}`}`;
}
