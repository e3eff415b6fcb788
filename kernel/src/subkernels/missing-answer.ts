/**
 * Synthesised answers where ipykernel leaves them out: an interrupt at the very end of a cell, a request with a wrong field and one of a
 * type that it does not know get no reply from it, and what fails while it flushes gets no idle status.
 */
import {
  readNumberOr,
  readObjectOr,
  parseJson,
  readHeader,
  splitFrames,
  type Composer,
  type MessageHeader,
  type RawMessage,
} from '@policybook/wire';

const UNANSWERED = {
  ename: 'NoReply',
  evalue:
    'Python ended this request without an answer, as it does on an interrupt at its very end, or on a wrong field.',
  traceback: [],
};

/** The reply to a request whose frames these are. */
export function makeReply(
  composer: Composer,
  requestType: string,
  frames: readonly Buffer[],
  count: number,
): RawMessage | undefined {
  const request = splitFrames(frames);
  if (!request) return undefined;
  const options = { parent: request, identities: request.identities, metadata: { status: 'error' } };
  const content = { status: 'error', ...UNANSWERED, execution_count: count };
  const { frames: reply } =
    requestType === 'execute_request'
      ? composer.compose('execute_reply', content, options)
      : composer.composeFailure(requestType, UNANSWERED, options);
  return splitFrames(reply);
}

/** The idle status of a request whose frames these are. */
export function makeIdle(
  composer: Composer,
  frames: readonly Buffer[],
):
  | { readonly header: MessageHeader; readonly parent: MessageHeader; readonly message: RawMessage }
  | undefined {
  const request = splitFrames(frames);
  const parent = request && readHeader(request.header);
  if (!parent) return undefined;
  const identities = [Buffer.from(`kernel.${composer.session}.status`)];
  const idle = composer.compose('status', { execution_state: 'idle' }, { parent: request, identities });
  const message = splitFrames(idle.frames);
  const header = message && readHeader(message.header);
  return header && { header, parent, message };
}

/** The number of the cell that an `execute_input` announces; 0 where it has none. */
export function readExecutionCount(input: RawMessage | undefined): number {
  const content = input && parseJson(input.content.toString('utf8'));
  return readNumberOr(readObjectOr(content, {})['execution_count'], 0);
}
