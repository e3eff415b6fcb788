/**
 * The socket by which the user's Python requests a policybook cell. It is in the runtime folder, which only the user can
 * enter. Comms would not do: their answers wait behind the very cell that sent the request.
 *
 * Each message is a line of JSON. The client sends `{"code", "parent", "marker", "user_code"}`, the cell's text, the header of
 * the message that is being executed, the name of the marker that it has published behind its outputs (empty for none),
 * and what `policybook.notebook.user_code` reports; and then perhaps `{"stop": true}`. The server sends `{"runs"}`, the folder of the notebook's runs, where that was not known when
 * Python started, `{"registration"}` when the cell has declared something, and at last `{"ended"}` with the cell's outcome.
 * A client that closes its connection has stopped.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  isJsonObject,
  readObjectOr,
  parseJson,
  readStringOr,
  writeShownJson,
  type Json,
  type JsonObject,
  type RawMessage,
} from '@policybook/wire';
import type { CellOutcome, CellService } from '../cell-service';
import { isPolicybookCell } from '../policybook-cell';
import type { UserCodeReports } from '../execution/user-code-reports';
import type { NotebookIdentity } from '../notebook-identity';
import type { Publisher } from '../publisher';
import type { Workbench } from '../subkernels/workbench';
import { RequestedCell } from './requested-cell';

interface CellRequest {
  readonly code: string;
  readonly parent: RawMessage;
  readonly marker: string;
  readonly userCode: UserCodeReports;
}

/** How long a cell waits for what was printed before it, which is there within some milliseconds. */
const OUTPUTS_MS = 2_000;

/** What requested cells need of the kernel. */
export interface CellRequestServerOptions {
  /** Where it listens. */
  readonly path: string;
  readonly cells: () => CellService;
  readonly publisher: Publisher;
  readonly workbench: Pick<Workbench, 'awaitOutputs'>;
  readonly identity: Pick<NotebookIdentity, 'findLateRunsFolder'>;
  readonly log: (text: string) => void;
}

/** Runs the policybook cells that Python requests, one for each connection. */
export class CellRequestServer {
  private readonly server: Server;
  private readonly running = new Map<
    Socket,
    { readonly controller: AbortController; readonly ended: Promise<void> }
  >();

  /** Listens. A kernel that cannot listen works, but for `pb.learn`. */
  constructor(private readonly options: CellRequestServerOptions) {
    const { path, log } = options;
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
    const onGone = (): void => {
      this.running.get(socket)?.controller.abort();
    };
    socket.on('close', onGone);
    socket.on('error', onGone);
  }

  private onLine(socket: Socket, line: Json | undefined): void {
    const running = this.running.get(socket);
    if (running !== undefined) {
      running.controller.abort();
      return;
    }
    const request = readCellRequest(line);
    if (request === undefined) {
      socket.end(`${JSON.stringify({ ended: REFUSAL })}\n`);
      return;
    }
    const controller = new AbortController();
    const ended = this.run(socket, request, controller.signal).finally(() => {
      this.running.delete(socket);
    });
    this.running.set(socket, { controller, ended });
  }

  private async run(
    socket: Socket,
    { code, parent, marker, userCode }: CellRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const { publisher, workbench, identity } = this.options;
    if (marker !== '') await workbench.awaitOutputs(marker, OUTPUTS_MS);
    const respond = (message: JsonObject): void => {
      if (socket.writable) socket.write(`${writeShownJson(message)}\n`);
    };
    const cell = new RequestedCell({ code, signal, parent, respond, userCode }, publisher);
    const runs = identity.findLateRunsFolder();
    if (runs !== null) respond({ runs });
    respond({ ended: { ...(await this.runSafely(cell)) } });
    socket.end();
  }

  private async runSafely(cell: RequestedCell): Promise<CellOutcome> {
    try {
      return await this.options.cells().run(cell);
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

function readCellRequest(line: Json | undefined): CellRequest | undefined {
  if (!isJsonObject(line)) return undefined;
  const code = readStringOr(line['code'], '');
  if (!isPolicybookCell(code)) return undefined;
  const parent = makeMessage(readObjectOr(line['parent'], {}));
  const userCode = readObjectOr(line['user_code'], {});
  return { code, parent, marker: readStringOr(line['marker'], ''), userCode };
}

/** Reads the parent message, of which only the header counts: it says which cell the outputs belong to. */
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
