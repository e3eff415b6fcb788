/** Message headers: the only part of a relayed message that is parsed. */
import { toMsgId, toSessionId, type MsgId, type SessionId } from './ids';
import { isJsonObject, parseJson, readStringOr } from './json';

/** The version of the messaging specification that is spoken here. */
export const PROTOCOL_VERSION = '5.5';

/** A header as it is on the wire (https://jupyter-client.readthedocs.io/en/stable/messaging.html#message-header). */
export interface MessageHeader {
  readonly msg_id: MsgId;
  readonly session: SessionId;
  readonly username: string;
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
  /** Set by clients that address a kernel subshell (JEP 91). */
  readonly subshell_id?: string;
}

/**
 * Reads a header tolerantly: only `msg_id` and `msg_type` are needed to answer a message. Older clients leave
 * out `date` (before protocol 5.1) and `version`. `undefined` means that the frame is not a header; an empty
 * object, as in the parent of an unprompted message, is not one either.
 */
export function readHeader(frame: Buffer): MessageHeader | undefined {
  if (frame.length <= 2) return undefined;
  const value = parseJson(frame.toString('utf8'));
  if (!isJsonObject(value)) return undefined;
  const { msg_id: id, msg_type: type, subshell_id: subshell } = value;
  if (typeof id !== 'string' || typeof type !== 'string') return undefined;
  return {
    msg_id: toMsgId(id),
    msg_type: type,
    session: toSessionId(readStringOr(value['session'], '')),
    username: readStringOr(value['username'], ''),
    date: readStringOr(value['date'], ''),
    version: readStringOr(value['version'], ''),
    ...(typeof subshell === 'string' ? { subshell_id: subshell } : {}),
  };
}
