/** Reads the content of requests: tolerant of absent fields, for which it fills in the protocol's defaults. */
import {
  readBooleanOr,
  isJsonObject,
  readNumberOr,
  readObjectOr,
  parseJson,
  type Json,
  type JsonObject,
} from './json';
import type { ExecuteRequest, Request } from './messages';
import { codePointsToUtf16 } from './cursor';

type Reader = (content: JsonObject) => Request | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  kernel_info_request: () => ({ type: 'kernel_info_request' }),
  connect_request: () => ({ type: 'connect_request' }),
  interrupt_request: () => ({ type: 'interrupt_request' }),
  shutdown_request: (content) => ({
    type: 'shutdown_request',
    restart: readBooleanOr(content['restart'], false),
  }),
  execute_request: (content) => {
    const request = executeRequest(content);
    return request && { type: 'execute_request', content: request };
  },
  complete_request: (content) => {
    const at = position(content);
    return at && { type: 'complete_request', ...at };
  },
  inspect_request: (content) => {
    const at = position(content);
    return at && { type: 'inspect_request', ...at, detail: content['detail_level'] === 1 ? 1 : 0 };
  },
  is_complete_request: ({ code }) =>
    typeof code === 'string' ? { type: 'is_complete_request', code } : undefined,
  history_request: ({ hist_access_type: way, session }) => ({
    type: 'history_request',
    session: way === 'range' ? readNumberOr(session, undefined) : undefined,
  }),
};

/**
 * The request in a content frame. `undefined` where a field without which it has no meaning is missing or of
 * another type; types without a reader here, comm messages among them, are `other`: their content is not parsed.
 */
export function readRequest(msgType: string, content: Buffer): Request | undefined {
  const reader = READERS[msgType];
  if (!reader) return { type: 'other', msgType };
  const value: Json | undefined = parseJson(content.toString('utf8'));
  return isJsonObject(value) ? reader(value) : undefined;
}

function executeRequest(content: JsonObject): ExecuteRequest | undefined {
  const { code } = content;
  if (typeof code !== 'string') return undefined;
  const silent = readBooleanOr(content['silent'], false);
  return {
    code,
    silent,
    store_history: readBooleanOr(content['store_history'], !silent),
    user_expressions: readObjectOr(content['user_expressions'], {}),
    allow_stdin: readBooleanOr(content['allow_stdin'], false),
    stop_on_error: readBooleanOr(content['stop_on_error'], true),
  };
}

/** `cursor_pos` counts code points on the wire (protocol 5.2) and UTF-16 units everywhere in TypeScript. */
function position(content: JsonObject): { code: string; cursor: number } | undefined {
  const { code } = content;
  if (typeof code !== 'string') return undefined;
  const cursor = readNumberOr(content['cursor_pos'], undefined);
  return { code, cursor: cursor === undefined ? code.length : codePointsToUtf16(code, cursor) };
}
