/** `%consent LEVEL`: the user lets policies run although the sandbox is weak here; it holds until the kernel ends. */
import { succeed } from '../errors/cell-failure';
import { requireArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Lets policies run from a level of isolation on, until the kernel ends. */
export const consent: CommandHandler = (notebook, command, execution) => {
  const { number: level } = requireArgument(command, 'level', 'level');
  notebook.services.evaluator.consent(level);
  execution.stream(
    'stdout',
    `Until this kernel ends, policies may run at isolation level ${level} or higher.\n`,
  );
  return Promise.resolve(succeed(null));
};
