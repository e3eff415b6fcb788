/** `%%environment`, `%%simulator` and `%%policy`: they are checked, registered in the workbench, and remembered. */
import { findLongestEpisode } from '@policybook/engine';
import type { EnvironmentCell, PolicyCell, SimulatorCell } from '@policybook/language';
import {
  readMissingArguments,
  readPolicyFailure,
  type EnvironmentFacts,
  type EnvironmentSpec,
} from '@policybook/protocol';
import { formatQuantity, formatScore, formatUnrepeatable } from '@policybook/views';
import type { CellExecution } from '../../cell-service';
import { succeed, type CellFailure, type CellResult } from '../errors/cell-failure';
import { describeCurrentEnvironment } from './current-environment';
import { readDeclaration } from './read-declaration';
import { resolveDeclaredEnvironment, resolveNamedEnvironment } from './environments';
import { refuseEvaluatorFailure, refusePolicyFailure } from '../errors/evaluator-failure';
import type { DeclaredEnvironment, Notebook } from '../notebook/notebook';
import { describeEnvironment } from './registration';
import { scorePolicy } from './score-policy';
import { formatSpace } from './format-space';

/** Runs an `%%environment` cell: the environment is checked by the evaluator and declared under its name. */
export async function runEnvironment(
  notebook: Notebook,
  cell: EnvironmentCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const declaration = await readDeclaration(cell, execution);
  if (!declaration.ok) return declaration;
  if (declaration.value.kind !== 'environment')
    throw new Error('an environment cell declares an environment');
  const declared = await resolveDeclaredEnvironment(notebook, cell, declaration.value, execution);
  if (!declared.ok) return declared;
  await keepEnvironment(notebook, declared.value, execution);
  return succeed(null);
}

/** Runs a `%%simulator` cell: the user's class is loaded by the evaluator and declared under its name. */
export async function runSimulator(
  notebook: Notebook,
  cell: SimulatorCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const simulated: EnvironmentSpec = {
    id: null,
    // Blank lines in front, so that its lines count as the cell's wherever something goes wrong.
    simulator: { name: cell.name, source: '\n'.repeat(cell.body.line - 1) + cell.body.text },
    kwargs: {},
    observe: null,
    maxEpisodeSteps: null,
  };
  // A cell below may declare shorter episodes.
  const described = await describeCurrentEnvironment(notebook, simulated, execution, { mayFail: true });
  if (!described.ok) {
    const missing = readMissingArguments(described);
    if (missing.length === 0) return refuseEvaluatorFailure(described, cell.code);
    keepOpenSimulator(notebook, cell.name, simulated, missing, execution);
    return succeed(null);
  }
  const { environment, facts, failing } = described.value;
  if (failing !== undefined) execution.stream('stderr', `${failing}\n`);
  const declared = { name: cell.name, environment, observation: null, returns: null, facts };
  await keepEnvironment(notebook, declared, execution);
  return succeed(null);
}

/** Runs a `%%policy` cell: checks the text and, with `for ENV`, plays it, so that a mistake shows here and not in a run. */
export async function runPolicy(
  notebook: Notebook,
  cell: PolicyCell,
  execution: CellExecution,
): Promise<CellResult<null>> {
  const { name, body } = cell;
  const source = body.text;
  const facts = await notebook.evaluator.request('policy.describe', { source }, execution);
  if (!facts.ok) {
    const failure = readPolicyFailure(facts);
    return failure === null ? refuseEvaluatorFailure(facts) : refusePolicyFailure(failure, cell);
  }
  const { size, tunable } = facts.value;
  const lines = [
    `${name}: ${formatQuantity(size.lines, 'line')}, ${formatQuantity(size.branches, 'branch', 'branches')}, ${formatQuantity(tunable.length, 'tunable constant')}`,
  ];
  const environment =
    cell.environment === null
      ? null
      : await resolveNamedEnvironment(notebook, cell, cell.environment, {}, execution);
  const declared = environment?.ok === true ? environment.value : null;
  // The text is the user's, whatever it scores: it is kept before anything is played.
  await execution.register({ kind: 'policy', name, source, environment: declared?.name ?? null });
  notebook.policies.set(name, { name, source, environment: declared });
  if (environment?.ok === false) return environment;
  if (declared !== null) {
    const scored = await scorePolicy(notebook, cell, declared, execution.signal);
    if (!scored.ok) return scored.name === 'PolicyError' ? sayKept(scored, name) : scored;
    lines.push(`${declared.name}: ${formatScore(scored.value.score)}`, ...scored.value.remarks);
  }
  if (declared !== null) {
    const runs = notebook.inboxes.putForEnvironment(declared.name, { kind: 'policy', name, source });
    if (runs.length > 0) lines.push(`${name} joins ${runs.join(', ')} as a candidate`);
  }
  execution.display({ 'text/plain': lines.join('\n') });
  return succeed(null);
}

/** Says below a policy's failure that its text is there all the same, and how the failed episode is looked at. */
function sayKept(failure: CellFailure, name: string): CellFailure {
  const seed = readPolicyFailure(failure)?.seed ?? null;
  const shown = seed === null ? '' : `: %replay ${name} seed=${seed} plays the episode that failed`;
  return { ...failure, lines: [...failure.lines, `${name} is kept as it is${shown}`] };
}

/** Keeps a simulator whose constructor has to be given arguments, and says how another cell gives them. */
function keepOpenSimulator(
  notebook: Notebook,
  name: string,
  environment: EnvironmentSpec,
  missing: readonly string[],
  execution: CellExecution,
): void {
  notebook.environments.delete(name);
  notebook.openSimulators.set(name, { name, environment, observation: null, returns: null });
  const needed = missing.map((each) => `\`${each}\``).join(' and ');
  const values = missing.map((each) => `${each}: VALUE`).join(', ');
  execution.display({
    'text/plain': [
      `${name} is kept, and was not checked yet: its constructor has no default for ${needed}. Give it in a cell such as`,
      '',
      `%%environment my_${name}`,
      `id: ${name}`,
      `kwargs: {${values}}`,
      '',
      `or by the same line \`kwargs: …\` in a cell \`%%learn ${name}\`.`,
    ].join('\n'),
  });
}

async function keepEnvironment(
  notebook: Notebook,
  declared: DeclaredEnvironment,
  execution: CellExecution,
): Promise<void> {
  await execution.register(describeEnvironment(declared));
  notebook.environments.set(declared.name, declared);
  notebook.openSimulators.delete(declared.name);
  execution.display({ 'text/plain': formatFacts(declared.name, declared.facts, declared.observation) });
}

function formatFacts(name: string, facts: EnvironmentFacts, names: readonly string[] | null): string {
  const { observationSpace, actionSpace, rewardThreshold, maxEpisodeSteps, notes = [] } = facts;
  const repetition = formatUnrepeatable(
    facts,
    'scores hold, but differences are of unpaired episodes, a replay plays another episode, and each measurement is made by playing',
  );
  return [
    name,
    `  observation  ${formatSpace(observationSpace)}${names === null ? '' : `: ${names.join(', ')}`}`,
    `  action       ${formatSpace(actionSpace)}`,
    `  solved at    ${rewardThreshold ?? 'no threshold registered'}`,
    `  episode      ${formatEpisodeLimit(maxEpisodeSteps)}`,
    ...notes.map((note) => `  note         ${note}`),
    ...(repetition === null ? [] : [`  ${repetition}`]),
  ].join('\n');
}

/** Says after how many steps an episode ends at the latest, and who says so. */
function formatEpisodeLimit(maxEpisodeSteps: number | null): string {
  const steps = formatQuantity(findLongestEpisode({ maxEpisodeSteps }), 'step');
  return maxEpisodeSteps === null
    ? `no step limit of its own, so it is cut after ${steps}; \`max_episode_steps: N\` sets another`
    : `at most ${steps}`;
}
