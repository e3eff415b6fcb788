/** Serves tools by the Model Context Protocol over HTTP, on the loopback interface and to holders of a token only. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { ServedTool, ToolAnswer } from './agent-tools';

/** What is served. */
export interface ServedTools {
  readonly name: string;
  /** What an agent reads first. */
  readonly instructions: string;
  readonly tools: readonly ServedTool[];
  readonly use: (tool: string, args: unknown) => Promise<ToolAnswer>;
}

/** A server that listens. */
export interface ToolServer {
  readonly url: string;
  /** What every request has as its bearer token. */
  readonly token: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Clients give up a use that says nothing, the SDK's after 60 s: one that has asked for progress hears of it this often. */
const PROGRESS_MS = 10_000;

/** Listens on a free port of the loopback interface. The SDK is loaded here, since most runs have no agent. */
export async function serveTools(served: ServedTools): Promise<ToolServer> {
  const token = randomBytes(32).toString('hex');
  const answer = await createAnswering(served);
  const server = createServer((request, response) => {
    if (!isAllowed(request, token)) {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          error: `The token of this run is wanted; \`policybook mcp ${served.name} --address\` prints it.`,
        }),
      );
      return;
    }
    answer(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  const port = await listen(server);
  return {
    url: `http://${HOST}:${port}/mcp`,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Whether a request has the token, and was made for this host: a page in a browser that resolves a name to us has another. */
function isAllowed({ headers, socket }: IncomingMessage, token: string): boolean {
  const { authorization = '', host } = headers;
  const given = Buffer.from(authorization);
  const wanted = Buffer.from(`Bearer ${token}`);
  const hasToken = given.length === wanted.length && timingSafeEqual(given, wanted);
  const hosts = [HOST, 'localhost'].map((name) => `${name}:${String(socket.localPort)}`);
  return hasToken && host !== undefined && hosts.includes(host);
}

async function createAnswering({
  name,
  instructions,
  tools,
  use,
}: ServedTools): Promise<(request: IncomingMessage, response: ServerResponse) => Promise<void>> {
  const { McpServer, StreamableHTTPServerTransport } = await import('./mcp-sdk');
  return async (request, response) => {
    // Without sessions every request has a server of its own; what lasts is the run.
    const server = new McpServer({ name: `policybook ${name}`, version: '1' }, { instructions });
    for (const { name: tool, about, args } of tools)
      server.registerTool(
        tool,
        { description: about, inputSchema: args },
        async (given, { _meta, sendNotification, signal }) => {
          const report = (progress: number): void => {
            const progressToken = _meta?.progressToken;
            if (progressToken === undefined || signal.aborted) return;
            const message = `${tool} has gone on for ${progress} s`;
            const params = { progressToken, progress, message };
            // A client that is gone hears nothing, and its use goes on.
            sendNotification({ method: 'notifications/progress', params }).catch(() => undefined);
          };
          const { text, isError } = await reportEach(report, () => use(tool, given));
          return { content: [{ type: 'text' as const, text }], isError };
        },
      );
    const transport = new StreamableHTTPServerTransport({});
    response.on('close', () => {
      void transport.close();
    });
    await server.connect(transport);
    await transport.handleRequest(request, response);
  };
}

/** Does the work, and says every few seconds for how many it has gone on. */
async function reportEach<T>(report: (seconds: number) => void, work: () => Promise<T>): Promise<T> {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += PROGRESS_MS / 1000;
    report(seconds);
  }, PROGRESS_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function listen(server: HttpServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the server has no port'));
      else resolve(address.port);
    });
  });
}
