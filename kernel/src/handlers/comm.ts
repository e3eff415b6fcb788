/**
 * Comm messages: those of the kernel's own comms are answered here, even while a cell runs. All others are the workbench's, and
 * their content, which may be large, is not parsed.
 */
import { RUNS_COMM_TARGET } from '@policybook/views/runs-comm';
import {
  parseJson,
  readObjectOr,
  toCommId,
  type CommId,
  type JsonObject,
  type RawMessage,
} from '@policybook/wire';
import type { Kernel } from '../kernel';
import { RELAY, TAKEN, type HandlerDecision, type IncomingRequest } from './decision';

/** Ids that stand in JSON as they are, by which messages of these comms are found unparsed: those of JupyterLab are UUIDs. */
const PLAIN_ID = /^[\w-]{1,100}$/;

/** Takes what concerns the comms of runs, and relays all other messages. */
export function handleComm(
  type: string,
  incoming: IncomingRequest,
  kernel: Kernel,
): HandlerDecision | Promise<HandlerDecision> {
  switch (type) {
    case 'comm_open':
      return openComm(incoming, kernel);
    case 'comm_msg':
      return takeMessage(incoming, kernel);
    case 'comm_close':
      return closeComm(incoming, kernel);
    case 'comm_info_request':
      return listComms(incoming, kernel);
    default:
      return RELAY;
  }
}

function openComm({ message }: IncomingRequest, { runComms }: Kernel): HandlerDecision {
  if (!message.content.includes(RUNS_COMM_TARGET)) return RELAY;
  const { comm_id, target_name } = readContent(message);
  if (target_name !== RUNS_COMM_TARGET || typeof comm_id !== 'string' || !PLAIN_ID.test(comm_id))
    return RELAY;
  return act(() => {
    runComms.open(toCommId(comm_id), message);
  });
}

function takeMessage(
  { message }: IncomingRequest,
  { runComms, cells }: Kernel,
): HandlerDecision | Promise<HandlerDecision> {
  const id = findOwnComm(message, runComms);
  if (id === undefined) return RELAY;
  const { data = null } = readContent(message);
  return cells()
    .takePageMessage(data)
    .then((answer) =>
      act(() => {
        runComms.send(id, answer, message);
      }),
    );
}

function closeComm({ message }: IncomingRequest, { runComms }: Kernel): HandlerDecision {
  const id = findOwnComm(message, runComms);
  if (id === undefined) return RELAY;
  return act(() => {
    runComms.close(id);
  });
}

/** Adds the kernel's comms to those that the workbench names. */
function listComms(
  incoming: IncomingRequest,
  { runComms, workbench, composer, send }: Kernel,
): HandlerDecision {
  if (runComms.ids.length === 0) return RELAY;
  const { target_name: target = RUNS_COMM_TARGET } = readContent(incoming.message);
  if (target !== RUNS_COMM_TARGET) return RELAY;
  workbench.relay(incoming, incoming.header, (answer) => {
    const content = readContent(answer);
    const own = Object.fromEntries(runComms.ids.map((id) => [id, { target_name: RUNS_COMM_TARGET }]));
    const comms = { ...readObjectOr(content['comms'], {}), ...own };
    send(incoming.channel, composer.replaceContent(answer, { ...content, comms }));
  });
  return TAKEN;
}

/** Finds which of the open comms a message is on; the content is parsed only where one of their ids stands in it. */
function findOwnComm(message: RawMessage, { ids }: Kernel['runComms']): CommId | undefined {
  if (!ids.some((id) => message.content.includes(id))) return undefined;
  const { comm_id } = readContent(message);
  return ids.find((id) => id === comm_id);
}

const readContent = ({ content }: RawMessage): JsonObject =>
  readObjectOr(parseJson(content.toString('utf8')), {});

/** Comm messages have no reply: what they cause is done between busy and idle. */
const act = (action: () => void): HandlerDecision => ({ kind: 'reply', send: action });
