/**
 * Where the user's Python asks for a cell of ours: a socket in the runtime folder, which nobody else can enter. Comms
 * would not do: their answers wait behind the very cell that asks.
 *
 * A line of JSON each. To us `{"code", "parent"}`, the cell's text and the header of the message that is being executed,
 * then perhaps `{"stop": true}`. From us `{"registration"}` when it has declared something, at last `{"ended"}` with the
 * cell's outcome. Whoever hangs up has stopped.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  isJsonObject,
  objectOr,
  parseJson,
  stringOr,
  type Json,
  type JsonObject,
  type RawMessage,
} from '@policybook/wire';
import type { CellOutcome, CellService } from '../cell-service';
import { isPolicybookCell } from '../policybook-cell';
import type { Publisher } from '../publisher';
import { RequestedCell } from './requested-cell';

interface CellRequest {
  readonly code: string;
  readonly parent: RawMessage;
}

export class CellRequestServer {
  private readonly server: Server;
  private readonly running = new Map<
    Socket,
    { readonly controller: AbortController; readonly ended: Promise<void> }
  >();

  /** Listens at `path`. A kernel without it works, but for `pb.learn`. */
  constructor(
    path: string,
    private readonly cells: () => CellService,
    private readonly publisher: Publisher,
    log: (text: string) => void,
  ) {
    this.server = createServer((socket) => {
      this.onConnection(socket);
    });
    this.server.on('error', (error) => {
      log(`pb.learn is not available: ${error.message}`);
    });
    this.server.listen(path);
  }

  /** Stops what is under way and waits until it has ended. */
  async dispose(): Promise<void> {
    this.server.close();
    for (const { controller } of this.running.values()) controller.abort();
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
  }

  private onConnection(socket: Socket): void {
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      this.onLine(socket, parseJson(line));
    });
    // Who asked is gone, by whatever way.
    const gone = (): void => {
      this.running.get(socket)?.controller.abort();
    };
    socket.on('close', gone);
    socket.on('error', gone);
  }

  private onLine(socket: Socket, said: Json | undefined): void {
    const running = this.running.get(socket);
    if (running !== undefined) {
      running.controller.abort();
      return;
    }
    const asked = readCellRequest(said);
    if (asked === undefined) {
      socket.end(`${JSON.stringify({ ended: REFUSAL })}\n`);
      return;
    }
    const controller = new AbortController();
    const ended = this.run(socket, asked, controller.signal).finally(() => {
      this.running.delete(socket);
    });
    this.running.set(socket, { controller, ended });
  }

  private async run(socket: Socket, { code, parent }: CellRequest, signal: AbortSignal): Promise<void> {
    const tell = (message: JsonObject): void => {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
    };
    const cell = new RequestedCell(code, signal, parent, this.publisher, tell);
    tell({ ended: { ...(await this.runSafely(cell)) } });
    socket.end();
  }

  private async runSafely(cell: RequestedCell): Promise<CellOutcome> {
    try {
      return await this.cells().run(cell);
    } catch (error) {
      const evalue = `${error instanceof Error ? error.message : String(error)} (a fault of policybook's)`;
      return { status: 'error', ename: 'PolicybookFault', evalue, traceback: [evalue] };
    }
  }
}

const REFUSAL: CellOutcome = {
  status: 'error',
  ename: 'BadRequest',
  evalue: 'this is not a cell of policybook',
  traceback: [],
};

function readCellRequest(said: Json | undefined): CellRequest | undefined {
  if (!isJsonObject(said)) return undefined;
  const code = stringOr(said['code'], '');
  if (!isPolicybookCell(code)) return undefined;
  return { code, parent: makeMessage(objectOr(said['parent'], {})) };
}

/** Only its header is looked at: it says which cell the outputs belong to. */
function makeMessage(header: JsonObject): RawMessage {
  const nothing = Buffer.from('{}');
  return {
    identities: [],
    signature: Buffer.alloc(0),
    header: Buffer.from(JSON.stringify(header)),
    parentHeader: nothing,
    metadata: nothing,
    content: nothing,
    buffers: [],
  };
}
