/** The table from request to handler. What is not in it is the workbench's. */
import type { Request } from '@policybook/wire';
import type { Kernel } from '../kernel';
import { RELAY, type Answer, type Incoming } from './answer';
import { complete } from './complete';
import { connect } from './connect';
import { execute } from './execute';
import { history } from './history';
import { inspect } from './inspect';
import { interrupt } from './interrupt';
import { isComplete } from './is-complete';
import { kernelInfo } from './kernel-info';
import { shutdown } from './shutdown';

export function handle(request: Request, incoming: Incoming, kernel: Kernel): Answer | Promise<Answer> {
  switch (request.type) {
    case 'kernel_info_request':
      return kernelInfo(kernel.pythonVersion);
    case 'connect_request':
      return connect(kernel);
    case 'execute_request':
      return execute(request, incoming, kernel);
    case 'complete_request':
      return complete(request, kernel);
    case 'inspect_request':
      return inspect(request, kernel);
    case 'is_complete_request':
      return isComplete(request, kernel);
    case 'interrupt_request':
      return interrupt(kernel);
    case 'shutdown_request':
      return shutdown(request, incoming, kernel);
    case 'history_request':
      return history(request, incoming, kernel);
    case 'other':
      return RELAY;
  }
}
