/** The table from request to handler. What is not in it is the workbench's. */
import type { Request } from '@policybook/wire';
import type { Kernel } from '../kernel';
import type { HandlerDecision, IncomingRequest } from './decision';
import { handleComm } from './comm';
import { handleComplete } from './complete';
import { handleConnect } from './connect';
import { handleExecute } from './execute';
import { handleHistory } from './history';
import { handleInspect } from './inspect';
import { handleInterrupt } from './interrupt';
import { handleIsComplete } from './is-complete';
import { handleKernelInfo } from './kernel-info';
import { handleShutdown } from './shutdown';

/** Asks the request's handler what becomes of it. */
export function handleRequest(
  request: Request,
  incoming: IncomingRequest,
  kernel: Kernel,
): HandlerDecision | Promise<HandlerDecision> {
  switch (request.type) {
    case 'kernel_info_request':
      return handleKernelInfo(kernel.pythonVersion);
    case 'connect_request':
      return handleConnect(kernel);
    case 'execute_request':
      return handleExecute(request, incoming, kernel);
    case 'complete_request':
      return handleComplete(request, kernel);
    case 'inspect_request':
      return handleInspect(request, kernel);
    case 'is_complete_request':
      return handleIsComplete(request, kernel);
    case 'interrupt_request':
      return handleInterrupt(kernel);
    case 'shutdown_request':
      return handleShutdown(request, incoming, kernel);
    case 'history_request':
      return handleHistory(request, incoming, kernel);
    case 'other':
      return handleComm(request.msgType, incoming, kernel);
  }
}
