/** Runs a cell of ours: busy and its outputs; then, in the lane's time, one reply and idle. */
import {
  joinFrames,
  numberOr,
  objectOr,
  parseJson,
  type ErrorContent,
  type JsonObject,
  type RawMessage,
} from '@policybook/wire';
import type { CellExecution, CellOutcome, CellService } from '../cell-service';
import type { Entry } from './entry';
import { executeFailure, type RunOurs } from './lane';
import { OurCell, type OurCellOptions } from './our-cell';

export function createRunner(cells: () => CellService, options: OurCellOptions): RunOurs {
  return async (entry, signal) => {
    const { publisher } = options;
    publisher.status('busy', entry.message);
    const cell = new OurCell(entry, signal, options);
    const outcome = await runSafely(cells, cell);
    const reply = await cell.registered(outcome.status === 'ok' ? { declarations: [] } : { failed: true });
    return {
      failed: outcome.status === 'error' || (reply !== undefined && contentOf(reply)['status'] === 'error'),
      answer: () => {
        if (outcome.status === 'ok') succeed(outcome.payload, reply, entry, options);
        else fail(outcome, reply, entry, options);
        publisher.status('idle', entry.message);
      },
    };
  };
}

/** A fault of ours is reported where the user looks, not only in the server's log. */
async function runSafely(cells: () => CellService, cell: CellExecution): Promise<CellOutcome> {
  try {
    return await cells().run(cell);
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    return {
      status: 'error',
      ename: 'PolicybookFault',
      evalue: `${fault.message} (a fault of policybook's, not of the cell)`,
      traceback: (fault.stack ?? fault.message).split('\n'),
    };
  }
}

/** The workbench's own reply, with its count and user expressions; it says so itself if its magic failed. */
function succeed(
  payload: readonly JsonObject[] | undefined,
  reply: RawMessage | undefined,
  entry: Entry,
  { send, composer, publisher }: OurCellOptions,
): void {
  if (!reply) {
    // The cell did what it should; only the workbench's record of it is lost, and its death is told elsewhere.
    publisher.reply(entry, 'execute_reply', { status: 'ok', execution_count: 0, user_expressions: {} });
    return;
  }
  const frames = payload ? composer.withContent(reply, { ...contentOf(reply), payload }) : joinFrames(reply);
  send(entry.channel, frames);
}

function fail(
  error: ErrorContent,
  reply: RawMessage | undefined,
  entry: Entry,
  { publisher }: OurCellOptions,
): void {
  const count = reply ? numberOr(contentOf(reply)['execution_count'], 0) : 0;
  publisher.error(error, entry.message);
  publisher.reply(entry, 'execute_reply', executeFailure(error, count), { status: 'error' });
}

function contentOf(reply: RawMessage): JsonObject {
  const content = parseJson(reply.content.toString('utf8'));
  return objectOr(content, {});
}
