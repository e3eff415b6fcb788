/**
 * The one lane of execution. Python cells are handed to the workbench at once and queue there; a cell of ours
 * waits until everything before it has been answered, and holds back everything after it.
 */
import { joinFrames, type ErrorContent } from '@policybook/wire';
import type { Publisher, Send } from '../publisher';
import { isIdle, Settlement } from '../subkernels/exchange';
import { workbenchDied, type Workbench } from '../subkernels/workbench';
import { failed, stopsOnError, type Entry } from './entry';

/** Runs one cell of ours, from busy to idle. Resolves with whether it succeeded; never rejects. */
export type RunOurs = (entry: Entry, signal: AbortSignal) => Promise<'ok' | 'error'>;

export interface LaneOptions {
  readonly workbench: Pick<Workbench, 'send'>;
  readonly publisher: Publisher;
  readonly send: Send;
  readonly runOurs: RunOurs;
}

export class Lane {
  #waiting: Entry[] = [];
  /** With the workbench, oldest first: the first is the one that runs. */
  #forwarded: Entry[] = [];
  #ours: AbortController | undefined;
  /** While true, what arrives was sent before its client could know of the error. */
  #aborting = false;
  /** What befell the workbench while nobody was looking; told with the next cell. */
  #news: string | undefined;
  /** Whether the latest death was reported on the cell that ran. */
  #told = false;
  #closed = false;

  constructor(private readonly options: LaneOptions) {}

  submit(entry: Entry): void {
    if (this.#closed) return;
    entry.aborted ||= this.#aborting;
    this.#waiting.push(entry);
    this.#advance();
  }

  /** Aborts the running cell of ours; false where none runs. */
  interrupt(): boolean {
    this.#ours?.abort();
    return this.#ours !== undefined;
  }

  /** For shutdown: nothing more is started, and what runs of ours is aborted. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.interrupt();
  }

  /** To be called after a death of the workbench. */
  workbenchDied(reason: string): void {
    if (!this.#told) this.#news = reason;
    this.#told = false;
    this.#advance();
  }

  #advance(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (!next || this.#ours) return;
      const after = this.#forwarded.length > 0;
      if (after && (next.ours || next.aborted)) return;
      this.#waiting.shift();
      if (next.aborted) this.#answerAborted(next);
      else this.#begin(next);
    }
  }

  #begin(entry: Entry): void {
    if (this.#news && !entry.content.silent) {
      this.options.publisher.stream('stderr', `${this.#news}\n`, entry.message);
      this.#news = undefined;
    }
    if (entry.ours) void this.#run(entry);
    else this.#forward(entry);
  }

  async #run(entry: Entry): Promise<void> {
    this.#ours = new AbortController();
    const outcome = await this.options.runOurs(entry, this.#ours.signal);
    this.#ours = undefined;
    if (outcome === 'error' && stopsOnError(entry)) this.#abortQueue();
    this.#advance();
  }

  #forward(entry: Entry): void {
    const { workbench, send } = this.options;
    this.#forwarded.push(entry);
    const settlement = new Settlement(({ reply, idle }) => {
      this.#forwarded = this.#forwarded.filter((other) => other !== entry);
      if (failed(reply) && stopsOnError(entry)) this.#abortQueue();
      send(entry.channel, joinFrames(reply));
      send('iopub', joinFrames(idle));
      this.#advance();
    });
    workbench.send(entry.channel, entry.header.msg_id, joinFrames(entry.message), {
      reply: (reply) => {
        settlement.reply(reply);
      },
      publication: (header, message) => {
        if (isIdle(header, message)) settlement.idle(message);
        else send('iopub', joinFrames(message));
      },
      died: (reason) => {
        this.#lost(entry, reason);
      },
    });
  }

  /** The first that was with the workbench when it died ran; the others had only been waiting there. */
  #lost(entry: Entry, reason: string): void {
    if (this.#forwarded[0] !== entry) return;
    this.#waiting = [...this.#forwarded.slice(1), ...this.#waiting];
    this.#forwarded = [];
    const { publisher } = this.options;
    const error = workbenchDied(reason);
    publisher.error(error, entry.message);
    publisher.reply(entry, 'execute_reply', executeFailure(error, 0));
    publisher.status('idle', entry.message);
    if (stopsOnError(entry)) this.#abortQueue();
    this.#told = true;
  }

  #abortQueue(): void {
    for (const entry of this.#waiting) entry.aborted = true;
    this.#aborting = true;
    // One turn of the event loop reads what had already arrived.
    setImmediate(() => {
      this.#aborting = false;
    });
  }

  #answerAborted(entry: Entry): void {
    const { publisher } = this.options;
    publisher.status('busy', entry.message);
    publisher.reply(entry, 'execute_reply', { status: 'aborted' }, { status: 'aborted' });
    publisher.status('idle', entry.message);
  }
}

/** The content of an execute reply for a cell that failed. */
export const executeFailure = (
  { ename, evalue, traceback }: ErrorContent,
  executionCount: number,
): { readonly [key: string]: string | number | readonly string[] } & { readonly status: 'error' } => ({
  status: 'error',
  ename,
  evalue,
  traceback,
  execution_count: executionCount,
});
