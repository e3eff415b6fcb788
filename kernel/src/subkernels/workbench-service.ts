/** Questions to the user's Python that leave no trace in its history. */
import {
  codePointsToUtf16,
  isJsonObject,
  readNumberOr,
  readObjectOr,
  parseJson,
  readStringOr,
  utf16ToCodePoints,
  type CompleteReply,
  type MessageHeader,
  type InspectReply,
  type Json,
  type JsonObject,
  type RawMessage,
} from '@policybook/wire';
import type { Result } from '@policybook/protocol';
import type { EvaluateOptions, WorkbenchService } from '../cell-service';
import type { Workbench } from './workbench';

/** The type under which `policybook.notebook.workbench.values` returns JSON; a repr would be cut and rounded. */
const VALUE_TYPE = 'application/x-policybook-value';

/** The service by which cells question the workbench. A question that dies with it fails with `workbench_died`. */
export function createWorkbenchService(workbench: Workbench): WorkbenchService {
  return {
    evaluate: (expression, options) => evaluate(workbench, expression, options),
    complete: async (code, cursor) => {
      const request = { code, cursor_pos: utf16ToCodePoints(code, cursor) };
      const answer = await workbench.request('shell', 'complete_request', request);
      return answer.ok ? readCompletion(code, readContent(answer.reply)) : undefined;
    },
    inspect: async (code, cursor, detail) => {
      const request = { code, cursor_pos: utf16ToCodePoints(code, cursor), detail_level: detail };
      const answer = await workbench.request('shell', 'inspect_request', request);
      return answer.ok ? readInspection(readContent(answer.reply)) : undefined;
    },
  };
}

/** Evaluates an expression in the user's namespace; what it publishes is handed to `publication`. */
export async function evaluate(
  workbench: Workbench,
  expression: string,
  { isExact = false }: EvaluateOptions = {},
  publication?: (header: MessageHeader, message: RawMessage) => void,
): Promise<Result<Json>> {
  // A JSON string is a Python string, and as a string the expression cannot break out of the call.
  const value = `__import__('policybook.notebook.workbench.values', fromlist=['evaluate']).evaluate(${JSON.stringify(expression)}, is_exact=${isExact ? 'True' : 'False'})`;
  const request = {
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { value },
    allow_stdin: false,
    stop_on_error: false,
  };
  const answer = await workbench.request('shell', 'execute_request', request, publication);
  if (!answer.ok) return { ok: false, code: 'workbench_died', message: answer.reason, detail: null };
  return readValue(readContent(answer.reply));
}

function readContent(reply: RawMessage): JsonObject {
  return readObjectOr(parseJson(reply.content.toString('utf8')), {});
}

function readValue(content: JsonObject): Result<Json> {
  const answer = readObjectOr(readObjectOr(content['user_expressions'], {})['value'], content);
  const text = readStringOr(readObjectOr(answer['data'], {})[VALUE_TYPE], '');
  const outcome = parseJson(text);
  if (isJsonObject(outcome) && outcome['ok'] === true) return { ok: true, value: outcome['value'] ?? null };
  const failure = isJsonObject(outcome) ? outcome : answer;
  const code = readStringOr(failure['ename'], 'no_value');
  const message = readStringOr(failure['evalue'], 'the workbench returned no value');
  return { ok: false, code, message, detail: null };
}

function readCompletion(code: string, content: JsonObject): CompleteReply | undefined {
  const { matches } = content;
  if (!Array.isArray(matches)) return undefined;
  const offset = (field: string): number => codePointsToUtf16(code, readNumberOr(content[field], 0));
  return {
    status: 'ok',
    matches: matches.filter((match) => typeof match === 'string'),
    cursor_start: offset('cursor_start'),
    cursor_end: offset('cursor_end'),
    metadata: readObjectOr(content['metadata'], {}),
  };
}

function readInspection(content: JsonObject): InspectReply | undefined {
  if (content['status'] !== 'ok') return undefined;
  return {
    status: 'ok',
    found: content['found'] === true,
    data: readObjectOr(content['data'], {}),
    metadata: readObjectOr(content['metadata'], {}),
  };
}
