/**
 * A cell of policybook's own that the user's Python asks for while a cell of its own runs: `pb.learn(...)`. Its outputs
 * are those of the Python cell. Nothing of it goes through the workbench, whose main thread waits for it.
 */
import { randomUUID } from 'node:crypto';
import type { JsonObject, MimeBundle, RawMessage } from '@policybook/wire';
import type { CellExecution, DisplayHandle, Registration, Result } from '../cell-service';
import type { Publisher } from '../publisher';

export class RequestedCell implements CellExecution {
  readonly silent = false;
  readonly storeHistory = false;

  /** `parent`: the message whose cell asked; `tell` reaches whoever asked. */
  constructor(
    readonly code: string,
    readonly signal: AbortSignal,
    private readonly parent: RawMessage,
    private readonly publisher: Publisher,
    private readonly tell: (message: JsonObject) => void,
  ) {}

  display(data: MimeBundle, metadata: JsonObject = {}): DisplayHandle {
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

  /** Who asks from Python has its values already. */
  evaluate(): Promise<Result<never>> {
    return Promise.resolve({ ok: false, code: 'busy', message: 'Python is running the cell that asks' });
  }

  /** Python records it itself. */
  register(registration: Registration): Promise<void> {
    this.tell({ registration: { ...registration } });
    return Promise.resolve();
  }
}
