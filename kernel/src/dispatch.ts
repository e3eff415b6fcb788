/**
 * The dispatch loop: every request passes here, and the order busy, outputs, reply, idle is kept here. Requests
 * that are relayed are bracketed by the workbench, and executions by the execution queue, in the same order.
 */
import {
  readHeader,
  readRequest,
  type ErrorContent,
  type RawMessage,
  type RequestChannel,
} from '@policybook/wire';
import { makeExecuteFailure } from './execution/execution-queue';
import { handleRequest } from './handlers';
import type { HandlerDecision, IncomingRequest } from './handlers/decision';
import type { Kernel } from './kernel';

/** Takes a verified message from a client. Never throws. */
export function dispatch(channel: RequestChannel, message: RawMessage, kernel: Kernel): void {
  const header = readHeader(message.header);
  if (!header) {
    kernel.log(`dropped: a message on ${channel} without a header`);
  } else if (channel === 'stdin') {
    kernel.workbench.relay({ channel, message }, header);
  } else {
    answerRequest({ channel, message, header }, kernel);
  }
}

function answerRequest(incoming: IncomingRequest, kernel: Kernel): void {
  const request = readRequest(incoming.header.msg_type, incoming.message.content);
  if (!request) {
    refuse(
      incoming,
      { ename: 'BadRequest', evalue: 'a field is missing or of a wrong type', traceback: [] },
      kernel,
    );
    return;
  }
  try {
    const decided = handleRequest(request, incoming, kernel);
    // Settled at once where possible: a relayed request must not be overtaken by a later one.
    if (!(decided instanceof Promise)) carryOut(decided, incoming, kernel);
    else
      decided.then(
        (later) => {
          carryOut(later, incoming, kernel);
        },
        (error: unknown) => {
          reportFault(error, incoming, kernel);
        },
      );
  } catch (error) {
    reportFault(error, incoming, kernel);
  }
}

function carryOut(decided: HandlerDecision, incoming: IncomingRequest, kernel: Kernel): void {
  const { publisher, workbench } = kernel;
  switch (decided.kind) {
    case 'reply':
      publisher.publishStatus('busy', incoming.message);
      decided.send(publisher, incoming);
      publishIdle(incoming, kernel);
      break;
    case 'relay':
      workbench.relay(incoming, incoming.header);
      break;
    case 'taken':
      break;
  }
}

function publishIdle({ message }: IncomingRequest, { publisher, executionQueue }: Kernel): void {
  publisher.publishStatus('idle', message);
  executionQueue.repeatBusyStatus();
}

function reportFault(error: unknown, incoming: IncomingRequest, kernel: Kernel): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  kernel.log(stack ?? message);
  refuse(incoming, { ename: name, evalue: message, traceback: [] }, kernel);
}

function refuse(incoming: IncomingRequest, error: ErrorContent, kernel: Kernel): void {
  const { publisher } = kernel;
  const type = incoming.header.msg_type;
  publisher.publishStatus('busy', incoming.message);
  // Comm messages have no reply.
  if (!type.endsWith('_request')) kernel.log(`${type}: ${error.evalue}`);
  // The reply to a cell has the cell's number always, and what did not run has none.
  else if (type === 'execute_request')
    publisher.reply(incoming, 'execute_reply', makeExecuteFailure(error, 0));
  else publisher.replyFailure(incoming, type, error);
  publishIdle(incoming, kernel);
}
