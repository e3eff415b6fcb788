/** `%doctor`: how policies are confined on this machine, what is installed and what is missing. */
import { doctorBundle } from '@policybook/views';
import { found } from '../cell-error';
import { evaluatorError } from '../evaluator-failure';
import type { CommandHandler } from './command-handler';

export const doctor: CommandHandler = async (notebook, _command, execution) => {
  const report = await notebook.evaluator.request('doctor', {}, execution);
  if (!report.ok) return evaluatorError(report);
  execution.display(doctorBundle(report.value.sections));
  return found(null);
};
