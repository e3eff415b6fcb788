/** A policybook cell that Python requests: its outputs, its values and its record. */
import { randomUUID } from 'node:crypto';
import type { Result } from '@policybook/protocol';
import type { JsonObject, DisplayData, RawMessage } from '@policybook/wire';
import type { CellExecution, DisplayHandle, Registration } from '../cell-service';
import type { Publisher } from '../publisher';

/**
 * A policybook cell that the user's Python requests while a Python cell runs: `pb.learn(...)`. Its outputs are those of
 * the Python cell. Nothing of it goes through the workbench, whose main thread waits for it.
 */
export class RequestedCell implements CellExecution {
  readonly silent = false;
  readonly storeHistory = false;

  /** `parent` is the message whose cell sent the request; `respond` writes a message to its sender. */
  constructor(
    readonly code: string,
    readonly signal: AbortSignal,
    private readonly parent: RawMessage,
    private readonly publisher: Publisher,
    private readonly respond: (message: JsonObject) => void,
  ) {}

  display(data: DisplayData, metadata: JsonObject = {}): DisplayHandle {
    const id = `policybook-${randomUUID()}`;
    this.publisher.publishDisplay('display_data', id, data, metadata, this.parent);
    return {
      id,
      update: (newData, newMetadata = metadata) => {
        this.publisher.publishDisplay('update_display_data', id, newData, newMetadata, this.parent);
      },
    };
  }

  stream(name: 'stdout' | 'stderr', text: string): void {
    this.publisher.publishStream(name, text, this.parent);
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

  /** Sends the registration to Python, which records it itself. */
  register(registration: Registration): Promise<void> {
    this.respond({ registration: { ...registration } });
    return Promise.resolve();
  }
}
