/** `%doctor`: how policies are confined on this machine, what is installed and what is missing. */
import { buildDoctorBundle } from '@policybook/views';
import { succeed } from '../errors/cell-failure';
import { refuseEvaluatorFailure } from '../errors/evaluator-failure';
import type { CommandHandler } from './command-handler';

/** Shows what the evaluator reports of its machine. */
export const runDoctor: CommandHandler = async (notebook, _command, execution) => {
  const report = await notebook.evaluator.request('doctor', {}, execution);
  if (!report.ok) return refuseEvaluatorFailure(report);
  execution.display(buildDoctorBundle(report.value.sections));
  return succeed(null);
};
