/** A policybook cell that Python requests: its outputs, its values and its record. */
import { randomUUID } from 'node:crypto';
import type { Result } from '@policybook/protocol';
import type { Json, JsonObject, DisplayData, RawMessage } from '@policybook/wire';
import type { CellExecution, DisplayHandle, Registration } from '../cell-service';
import { findReport, type UserCodeReports } from '../execution/user-code-reports';
import type { Publisher } from '../publisher';

/** What a requested cell is made of. */
export interface RequestedCellOptions {
  readonly code: string;
  readonly signal: AbortSignal;
  /** The message whose cell sent the request. */
  readonly parent: RawMessage;
  /** Writes a message to the request's sender. */
  readonly respond: (message: JsonObject) => void;
  /** What came with the request about the user's Python. */
  readonly userCode: UserCodeReports;
}

/**
 * A policybook cell that the user's Python requests while a Python cell runs: `pb.learn(...)`. Its outputs are those of
 * the Python cell. Nothing of it goes through the workbench, whose main thread waits for it.
 */
export class RequestedCell implements CellExecution {
  readonly silent = false;
  readonly storeHistory = false;

  readonly code: string;
  readonly signal: AbortSignal;

  /** `publisher` shows its outputs; see `RequestedCellOptions` for the rest. */
  constructor(
    private readonly options: RequestedCellOptions,
    private readonly publisher: Publisher,
  ) {
    this.code = options.code;
    this.signal = options.signal;
  }

  display(data: DisplayData, metadata: JsonObject = {}): DisplayHandle {
    const id = `policybook-${randomUUID()}`;
    this.publisher.publishDisplay('display_data', id, data, metadata, this.options.parent);
    return {
      id,
      update: (newData, newMetadata = metadata) => {
        this.publisher.publishDisplay('update_display_data', id, newData, newMetadata, this.options.parent);
      },
    };
  }

  stream(name: 'stdout' | 'stderr', text: string): void {
    this.publisher.publishStream(name, text, this.options.parent);
  }

  /** Always fails: Python, which sent the request, has its values already. */
  evaluate(): Promise<Result<never>> {
    return Promise.resolve({
      ok: false,
      code: 'busy',
      message: 'Python is running the cell that asks',
      detail: null,
    });
  }

  reportUserCode(id: string | null): Promise<Result<Json>> {
    return Promise.resolve({ ok: true, value: findReport(this.options.userCode, id) });
  }

  /** Sends the registration to Python, which records it itself. */
  register(registration: Registration): Promise<void> {
    this.options.respond({ registration: { ...registration } });
    return Promise.resolve();
  }
}
