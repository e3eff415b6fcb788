/**
 * The one lane of execution. Python cells are handed to the workbench at once and queue there; a cell of ours
 * waits until everything before it has been answered, and holds back everything after it.
 */
import { joinFrames, type ErrorContent } from '@policybook/wire';
import type { Publisher, Send } from '../publisher';
import { workbenchDied, type Workbench } from '../subkernels/workbench';
import { failed, stopsOnError, type Entry } from './entry';

/** What a cell of ours came to, and the deed that tells its client: reply and idle. */
export interface Ran {
  readonly failed: boolean;
  readonly answer: () => void;
}

/** A cell of ours under way. */
interface Running {
  readonly entry: Entry;
  readonly control: AbortController;
  readonly answered: Promise<void>;
}

/** Runs one cell of ours, from busy to its last output. Never rejects. */
export type RunOurs = (entry: Entry, signal: AbortSignal) => Promise<Ran>;

export interface LaneOptions {
  readonly workbench: Pick<Workbench, 'send'>;
  readonly publisher: Publisher;
  readonly send: Send;
  readonly runOurs: RunOurs;
}

export class Lane {
  private waiting: Entry[] = [];
  /** With the workbench, oldest first: the first is the one that runs. */
  private forwarded: Entry[] = [];
  private ours: Running | undefined;
  /** While true, what arrives was sent before its client could know of the error. */
  private aborting = false;
  /** The answers of that time: while a client has not heard of the error, it cannot have sent anything after it. */
  private held: (() => void)[] = [];
  /** What befell the workbench while nobody was looking; told with the next cell. */
  private news: string | undefined;
  /** Whether the latest death was reported on the cell that ran. */
  private told = false;
  private closed = false;

  constructor(private readonly options: LaneOptions) {}

  submit(entry: Entry): void {
    if (this.closed) return;
    entry.aborted ||= this.aborting;
    this.waiting.push(entry);
    this.advance();
  }

  /** Aborts the running cell of ours; false where none runs. */
  interrupt(): boolean {
    this.ours?.control.abort();
    return this.ours !== undefined;
  }

  /**
   * Says once more that a cell runs, where one does: front ends take the latest status they hear for the kernel's, and
   * have just heard that a request beside the lane is over.
   */
  reaffirm(): void {
    const running = this.ours?.entry ?? this.forwarded[0];
    if (running) this.options.publisher.status('busy', running.message);
  }

  /** For shutdown: nothing more is started, and what runs of ours is aborted; resolves when that has been answered. */
  async close(): Promise<void> {
    this.closed = true;
    this.waiting = [];
    this.interrupt();
    await this.ours?.answered;
  }

  /** To be called after a death of the workbench. */
  workbenchDied(reason: string): void {
    if (!this.told) this.news = reason;
    this.told = false;
    this.advance();
  }

  private advance(): void {
    for (;;) {
      const [next] = this.waiting;
      if (!next || this.ours) return;
      const after = this.forwarded.length > 0;
      if (after && (next.ours || next.aborted)) return;
      this.waiting.shift();
      if (next.aborted) this.answerAborted(next);
      else this.begin(next);
    }
  }

  private begin(entry: Entry): void {
    if (this.news && !entry.content.silent) {
      this.options.publisher.stream('stderr', `${this.news}\n`, entry.message);
      this.news = undefined;
    }
    if (entry.ours) this.run(entry);
    else this.forward(entry);
  }

  private run(entry: Entry): void {
    const control = new AbortController();
    const answered = this.options.runOurs(entry, control.signal).then((ran) => this.answer(entry, ran));
    this.ours = { entry, control, answered };
  }

  private answer(entry: Entry, ran: Ran): Promise<void> {
    if (ran.failed && stopsOnError(entry)) this.abortQueue();
    return new Promise((resolve) => {
      this.inTurn(() => {
        ran.answer();
        this.ours = undefined;
        this.advance();
        resolve();
      });
    });
  }

  private forward(entry: Entry): void {
    const { workbench, send } = this.options;
    this.forwarded.push(entry);
    workbench.send(entry.channel, entry.header, joinFrames(entry.message), {
      publication: (_header, message) => {
        this.inTurn(() => {
          send('iopub', joinFrames(message));
        });
      },
      reply: (reply) => {
        if (failed(reply) && stopsOnError(entry)) this.abortQueue();
        this.inTurn(() => {
          send(entry.channel, joinFrames(reply));
        });
      },
      done: () => {
        this.inTurn(() => {
          this.forwarded = this.forwarded.filter((other) => other !== entry);
          this.advance();
        });
      },
      died: (reason, executionCount) => {
        this.lost(entry, reason, executionCount);
      },
    });
  }

  /** The first that was with the workbench when it died ran; the others had only been waiting there. */
  private lost(entry: Entry, reason: string, executionCount: number): void {
    if (this.forwarded[0] !== entry) return;
    this.waiting = [...this.forwarded.slice(1), ...this.waiting];
    this.forwarded = [];
    const { publisher } = this.options;
    const error = workbenchDied(reason);
    publisher.error(error, entry.message);
    publisher.reply(entry, 'execute_reply', executeFailure(error, executionCount));
    publisher.status('idle', entry.message);
    if (stopsOnError(entry)) this.abortQueue();
    this.told = true;
  }

  private abortQueue(): void {
    for (const entry of this.waiting) entry.aborted = true;
    this.aborting = true;
    // One turn of the event loop reads what had already arrived.
    setImmediate(() => {
      this.aborting = false;
      for (const deed of this.held.splice(0)) this.inTurn(deed);
    });
  }

  private inTurn(deed: () => void): void {
    if (this.aborting) this.held.push(deed);
    else deed();
  }

  private answerAborted(entry: Entry): void {
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
