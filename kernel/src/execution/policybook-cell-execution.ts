/** A policybook cell while it runs: what its code may do, as protocol messages. */
import { randomUUID } from 'node:crypto';
import type { Result } from '@policybook/protocol';
import {
  isJsonObject,
  joinFrames,
  parseJson,
  readObjectOr,
  type Composer,
  type MessageHeader,
  type Json,
  type JsonObject,
  type DisplayData,
  type RawMessage,
} from '@policybook/wire';
import type { CellExecution, DisplayHandle, EvaluateOptions, Registration } from '../cell-service';
import type { NotebookIdentity } from '../notebook-identity';
import type { Publisher, Send } from '../publisher';
import type { Workbench } from '../subkernels/workbench';
import { evaluate } from '../subkernels/workbench-service';
import type { QueuedCell } from './queued-cell';
import { findReport } from './user-code-reports';

/** What a running cell speaks to. */
export interface PolicybookCellOptions {
  readonly workbench: Workbench;
  readonly publisher: Publisher;
  readonly composer: Composer;
  readonly send: Send;
  readonly identity: Pick<NotebookIdentity, 'findLateRunsFolder'>;
}

/** The execution of one policybook cell that a client sent. */
export class PolicybookCellExecution implements CellExecution {
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  private registration: Promise<RawMessage | undefined> | undefined;

  constructor(
    private readonly entry: QueuedCell,
    readonly signal: AbortSignal,
    private readonly options: PolicybookCellOptions,
  ) {
    this.code = entry.content.code;
    this.silent = entry.content.silent;
    this.storeHistory = entry.content.store_history;
  }

  display(data: DisplayData, metadata: JsonObject = {}): DisplayHandle {
    const id = `policybook-${randomUUID()}`;
    const { publisher } = this.options;
    const { message } = this.entry;
    publisher.publishDisplay('display_data', id, data, metadata, message);
    return {
      id,
      update: (newData, newMetadata = metadata) => {
        publisher.publishDisplay('update_display_data', id, newData, newMetadata, message);
      },
    };
  }

  stream(name: 'stdout' | 'stderr', text: string): void {
    this.options.publisher.publishStream(name, text, this.entry.message);
  }

  evaluate(expression: string, options?: EvaluateOptions): Promise<Result<Json>> {
    return evaluate(this.options.workbench, expression, options, this.relayAsOutput);
  }

  async reportUserCode(id: string | null): Promise<Result<Json>> {
    const metadata = readObjectOr(parseJson(this.entry.message.metadata.toString('utf8')), {});
    // A script's cell brings the script's own: its kernel has another Python, which has registered nothing.
    const sent = readObjectOr(metadata['policybook'], {})['user_code'];
    if (isJsonObject(sent)) return { ok: true, value: findReport(sent, id) };
    const name = id === null ? 'None' : JSON.stringify(id);
    return this.evaluate(
      `__import__('policybook.notebook.user_code', fromlist=['report_user_code']).report_user_code(${name})`,
    );
  }

  async register(registration: Registration): Promise<void> {
    if (this.registration) throw new Error('a cell is registered once');
    this.registration = this.forward(registration);
    await this.registration;
  }

  /**
   * The workbench's reply to the cell, registering it now where that has not happened; `undefined` where the
   * workbench died over it.
   */
  ensureRegistered(otherwise: Registration): Promise<RawMessage | undefined> {
    this.registration ??= this.forward(otherwise);
    return this.registration;
  }

  /** Sends the cell as the client sent it, but for the metadata, and for indent and prompts; the kernel itself sends busy, idle and reply. */
  private async forward(registration: Registration): Promise<RawMessage | undefined> {
    const { workbench, composer, send, identity } = this.options;
    await workbench.awaitInterrupt();
    const { message, header, channel } = this.entry;
    const sent = parseJson(message.metadata.toString('utf8'));
    const content = readObjectOr(parseJson(message.content.toString('utf8')), {});
    const isAsSent = content['code'] === this.code;
    const read = isAsSent
      ? message
      : { ...message, content: Buffer.from(JSON.stringify({ ...content, code: this.code })) };
    const runs = identity.findLateRunsFolder();
    const policybook = runs === null ? registration : { ...registration, runs };
    const metadata = { ...(isJsonObject(sent) ? sent : {}), policybook };
    return new Promise((resolve) => {
      let reply: RawMessage | undefined;
      workbench.send(channel, header, composer.replaceMetadata(read, metadata), {
        onPublication: (published, publication) => {
          if (published.msg_type !== 'status') send('iopub', joinFrames(publication));
        },
        onReply: (answer) => {
          reply = answer;
        },
        onDone: () => {
          resolve(reply);
        },
        onDeath: () => {
          resolve(undefined);
        },
      });
    });
  }

  /** Shows what a request of the kernel's own published as this cell's output. */
  private readonly relayAsOutput = (header: MessageHeader, message: RawMessage): void => {
    if (header.msg_type === 'status') return;
    this.options.send('iopub', this.options.composer.reparent(message, this.entry.message));
  };
}
