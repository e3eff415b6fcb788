/**
 * `history_request`: the workbench's. Where a client asks for the running session by its number, IPython answers with
 * rows of session 0, its own word for it, in which the client cannot find the session it named.
 */
import { isJsonArray, readObjectOr, parseJson, type Json } from '@policybook/wire';
import type { Kernel } from '../kernel';
import { RELAY, TAKEN, type HandlerDecision, type IncomingRequest, type RequestOf } from './decision';

/** Relays the request, and gives the session's number to rows that IPython numbered 0. */
export function handleHistory(
  { session }: RequestOf<'history_request'>,
  incoming: IncomingRequest,
  { workbench, composer, send }: Kernel,
): HandlerDecision {
  if (session === undefined || session <= 0) return RELAY;
  const numberRow = (row: Json): Json =>
    isJsonArray(row) && row[0] === 0 ? [session, ...row.slice(1)] : row;
  workbench.relay(incoming, incoming.header, (answer) => {
    const content = readObjectOr(parseJson(answer.content.toString('utf8')), {});
    const { history: rows } = content;
    const numberedContent = isJsonArray(rows) ? { ...content, history: rows.map(numberRow) } : content;
    send(incoming.channel, composer.replaceContent(answer, numberedContent));
  });
  return TAKEN;
}
