/** `comm_open`, `comm_msg`, `comm_close`, `comm_info_request`: controls of ours, or widgets of the workbench's. */
import { objectOr, parseJson } from '@policybook/wire';
import { claimsComm } from '../claims';
import type { Kernel } from '../kernel';
import { RELAY, reply, silence, TAKEN, type Answer, type Incoming, type RequestOf } from './answer';

export function commOpen(
  { id, target, data }: RequestOf<'comm_open'>,
  { message }: Incoming,
  { comms }: Kernel,
): Answer {
  if (!claimsComm(target)) return RELAY;
  return silence(() => {
    comms.open(id, target, data, message);
  });
}

export function commMessage(
  { type, id, data }: RequestOf<'comm_msg' | 'comm_close'>,
  { message }: Incoming,
  { comms }: Kernel,
): Answer {
  if (!comms.has(id)) return RELAY;
  return silence(() => {
    if (type === 'comm_msg') comms.message(id, data, message.buffers);
    else comms.closed(id);
  });
}

export function commInfo(
  { target }: RequestOf<'comm_info_request'>,
  incoming: Incoming,
  { comms, workbench, composer, send }: Kernel,
): Answer {
  const ours = comms.describe(target);
  if (target !== undefined && claimsComm(target)) {
    return reply('comm_info_reply', { status: 'ok', comms: ours });
  }
  if (Object.keys(ours).length === 0) return RELAY;
  workbench.relay(incoming, incoming.header, (answer) => {
    const content = objectOr(parseJson(answer.content.toString('utf8')), {});
    const all = { ...objectOr(content['comms'], {}), ...ours };
    send(incoming.channel, composer.withContent(answer, { ...content, comms: all }));
  });
  return TAKEN;
}
