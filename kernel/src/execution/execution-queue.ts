/**
 * The order in which cells run. Python cells are handed to the workbench at once and queue there; a policybook cell
 * waits until everything before it has been answered, and holds back everything after it.
 */
import { joinFrames, type ErrorContent } from '@policybook/wire';
import type { Publisher, Send } from '../publisher';
import { makeWorkbenchDiedError, type Workbench } from '../subkernels/workbench';
import { isErrorReply, stopsOnError, type QueuedCell } from './queued-cell';

/** How a policybook cell ended, and the function that sends its last messages: reply and idle. */
export interface FinishedCell {
  readonly failed: boolean;
  readonly answer: () => void;
}

/** A policybook cell that runs. */
interface Running {
  readonly entry: QueuedCell;
  readonly control: AbortController;
  readonly answered: Promise<void>;
}

/** Runs one policybook cell, from busy to its last output. Never rejects. */
export type RunPolicybookCell = (entry: QueuedCell, signal: AbortSignal) => Promise<FinishedCell>;

/** What the queue hands cells to, and what it sends by. */
export interface ExecutionQueueOptions {
  readonly workbench: Pick<Workbench, 'send'>;
  readonly publisher: Publisher;
  readonly send: Send;
  readonly runPolicybookCell: RunPolicybookCell;
}

/** The queue of one kernel. */
export class ExecutionQueue {
  private waiting: QueuedCell[] = [];
  /** Cells that the workbench has, oldest first: the first is the one that runs. */
  private forwarded: QueuedCell[] = [];
  private running: Running | undefined;
  /** While true, every cell that arrives was sent before its client could know of the error. */
  private isAborting = false;
  /** The messages of that time: while a client has not heard of the error, it cannot have sent anything after it. */
  private heldAnswers: (() => void)[] = [];
  /** A death of the workbench, as a sentence, that no cell has reported yet; the next cell reports it. */
  private unreportedDeath: string | undefined;
  /** Whether the latest death was reported on the cell that ran. */
  private isDeathReported = false;
  private isClosed = false;

  constructor(private readonly options: ExecutionQueueOptions) {}

  submit(entry: QueuedCell): void {
    if (this.isClosed) return;
    entry.isAborted ||= this.isAborting;
    this.waiting.push(entry);
    this.advance();
  }

  /** Aborts the policybook cell that runs; false where none runs. */
  interrupt(): boolean {
    this.running?.control.abort();
    return this.running !== undefined;
  }

  /**
   * Says once more that a cell runs, where one does: front ends take the latest status they hear for the kernel's, and
   * have just heard that a request outside the queue has ended.
   */
  repeatBusyStatus(): void {
    const running = this.running?.entry ?? this.forwarded[0];
    if (running) this.options.publisher.publishStatus('busy', running.message);
  }

  /** For shutdown: starts nothing more and aborts the policybook cell that runs; resolves when that has been answered. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.waiting = [];
    this.interrupt();
    await this.running?.answered;
  }

  /** Reports a death of the workbench with the next cell, where none that ran has reported it. */
  onWorkbenchDeath(reason: string): void {
    if (!this.isDeathReported) this.unreportedDeath = reason;
    this.isDeathReported = false;
    this.advance();
  }

  private advance(): void {
    for (;;) {
      const [next] = this.waiting;
      if (!next || this.running) return;
      const after = this.forwarded.length > 0;
      if (after && (next.isPolicybookCell || next.isAborted)) return;
      this.waiting.shift();
      if (next.isAborted) this.answerAborted(next);
      else this.begin(next);
    }
  }

  private begin(entry: QueuedCell): void {
    if (this.unreportedDeath && !entry.content.silent) {
      this.options.publisher.publishStream('stderr', `${this.unreportedDeath}\n`, entry.message);
      this.unreportedDeath = undefined;
    }
    if (entry.isPolicybookCell) this.run(entry);
    else this.forward(entry);
  }

  private run(entry: QueuedCell): void {
    const control = new AbortController();
    const answered = this.options
      .runPolicybookCell(entry, control.signal)
      .then((finished) => this.answerFinished(entry, finished));
    this.running = { entry, control, answered };
  }

  private answerFinished(entry: QueuedCell, finished: FinishedCell): Promise<void> {
    if (finished.failed && stopsOnError(entry)) this.abortQueue();
    return new Promise((resolve) => {
      this.sendInTurn(() => {
        finished.answer();
        this.running = undefined;
        this.advance();
        resolve();
      });
    });
  }

  private forward(entry: QueuedCell): void {
    const { workbench, send } = this.options;
    this.forwarded.push(entry);
    workbench.send(entry.channel, entry.header, joinFrames(entry.message), {
      onPublication: (_header, message) => {
        this.sendInTurn(() => {
          send('iopub', joinFrames(message));
        });
      },
      onReply: (reply) => {
        if (isErrorReply(reply) && stopsOnError(entry)) this.abortQueue();
        this.sendInTurn(() => {
          send(entry.channel, joinFrames(reply));
        });
      },
      onDone: () => {
        this.sendInTurn(() => {
          this.forwarded = this.forwarded.filter((other) => other !== entry);
          this.advance();
        });
      },
      onDeath: (reason, executionCount) => {
        this.loseForwarded(entry, reason, executionCount);
      },
    });
  }

  /** The first that was with the workbench when it died ran; the others had only been waiting there. */
  private loseForwarded(entry: QueuedCell, reason: string, executionCount: number): void {
    if (this.forwarded[0] !== entry) return;
    this.waiting = [...this.forwarded.slice(1), ...this.waiting];
    this.forwarded = [];
    const { publisher } = this.options;
    const error = makeWorkbenchDiedError(reason);
    publisher.publishError(error, entry.message);
    publisher.reply(entry, 'execute_reply', makeExecuteFailure(error, executionCount));
    publisher.publishStatus('idle', entry.message);
    if (stopsOnError(entry)) this.abortQueue();
    this.isDeathReported = true;
  }

  private abortQueue(): void {
    for (const entry of this.waiting) entry.isAborted = true;
    this.isAborting = true;
    // One turn of the event loop reads what had already arrived.
    setImmediate(() => {
      this.isAborting = false;
      for (const send of this.heldAnswers.splice(0)) this.sendInTurn(send);
    });
  }

  private sendInTurn(send: () => void): void {
    if (this.isAborting) this.heldAnswers.push(send);
    else send();
  }

  private answerAborted(entry: QueuedCell): void {
    const { publisher } = this.options;
    publisher.publishStatus('busy', entry.message);
    publisher.reply(entry, 'execute_reply', { status: 'aborted' }, { status: 'aborted' });
    publisher.publishStatus('idle', entry.message);
  }
}

/** The content of an execute reply for a cell that failed. */
export const makeExecuteFailure = (
  { ename, evalue, traceback }: ErrorContent,
  executionCount: number,
): { readonly [key: string]: string | number | readonly string[] } & { readonly status: 'error' } => ({
  status: 'error',
  ename,
  evalue,
  traceback,
  execution_count: executionCount,
});
