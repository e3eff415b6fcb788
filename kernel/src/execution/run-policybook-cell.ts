/** Runs a policybook cell: busy and its outputs; then, when the execution queue lets it, one reply and idle. */
import {
  joinFrames,
  readNumberOr,
  readObjectOr,
  parseJson,
  type ErrorContent,
  type JsonObject,
  type RawMessage,
} from '@policybook/wire';
import type { CellExecution, CellOutcome, CellService } from '../cell-service';
import type { QueuedCell } from './queued-cell';
import { makeExecuteFailure, type RunPolicybookCell } from './execution-queue';
import { PolicybookCellExecution, type PolicybookCellOptions } from './policybook-cell-execution';

/** The function by which the execution queue runs policybook cells. Throwing cells fail as `PolicybookFault`. */
export function createPolicybookCellRunner(
  cells: () => CellService,
  options: PolicybookCellOptions,
): RunPolicybookCell {
  return async (entry, signal) => {
    const { publisher } = options;
    publisher.publishStatus('busy', entry.message);
    const cell = new PolicybookCellExecution(entry, signal, options);
    const outcome = await runSafely(cells, cell);
    const reply = await cell.ensureRegistered(
      outcome.status === 'ok' ? { declarations: [] } : { failed: true },
    );
    return {
      failed:
        outcome.status === 'error' || (reply !== undefined && parseContent(reply)['status'] === 'error'),
      answer: () => {
        if (outcome.status === 'ok') succeed(outcome.payload, reply, entry, options);
        else fail(outcome, reply, entry, options);
        publisher.publishStatus('idle', entry.message);
      },
    };
  };
}

/** A fault of policybook's is reported where the user looks, not only in the server's log. */
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
  entry: QueuedCell,
  { send, composer, publisher }: PolicybookCellOptions,
): void {
  if (!reply) {
    // The cell did what it should; only the workbench's record of it is lost, and its death is reported elsewhere.
    publisher.reply(entry, 'execute_reply', { status: 'ok', execution_count: 0, user_expressions: {} });
    return;
  }
  const frames = payload
    ? composer.replaceContent(reply, { ...parseContent(reply), payload })
    : joinFrames(reply);
  send(entry.channel, frames);
}

function fail(
  error: ErrorContent,
  reply: RawMessage | undefined,
  entry: QueuedCell,
  { publisher }: PolicybookCellOptions,
): void {
  const count = reply ? readNumberOr(parseContent(reply)['execution_count'], 0) : 0;
  publisher.publishError(error, entry.message);
  publisher.reply(entry, 'execute_reply', makeExecuteFailure(error, count), { status: 'error' });
}

function parseContent(reply: RawMessage): JsonObject {
  const content = parseJson(reply.content.toString('utf8'));
  return readObjectOr(content, {});
}
