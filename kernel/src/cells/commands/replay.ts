/** `%replay POLICY [seed=N]`: an episode again, slowly, with the lines that chose its actions. */
import { readRecordedEpisodes } from '@policybook/engine';
import { defaultLimits, type EnvironmentSpec, type PolicyLimits } from '@policybook/protocol';
import { readEpisode } from '@policybook/store';
import { buildReplayBundle, type Replay } from '@policybook/views';
import {
  describeCurrentEnvironment,
  describeRecordedEnvironment,
  listChangedCode,
} from '../declarations/current-environment';
import { succeed, refuse } from '../errors/cell-failure';
import { refuseEvaluatorFailure, formatPolicyFailure } from '../errors/evaluator-failure';
import { readPlayablePolicy, type HandPolicy, type LearnedPolicy } from '../notebook/references';
import { requireArgument, findArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Pictures in the filmstrip, which stays in the saved notebook. */
const FILMSTRIP_PICTURES = 12;

/** Seed of a policy by hand where the command names none. */
const DEFAULT_SEED = 0;

/** An episode that is to be played, and what its run has recorded of it. */
interface ReplayedEpisode extends Pick<
  Replay,
  'recorded' | 'followed' | 'observation' | 'isByHand' | 'seed'
> {
  readonly environment: EnvironmentSpec;
  readonly limits: PolicyLimits;
}

/** Plays one episode of a policy again and shows which lines chose its actions. */
export const replay: CommandHandler = async (notebook, command, execution) => {
  const named = requireArgument(command, 'policy', 'reference');
  const policy = await readPlayablePolicy(notebook, named, execution.signal);
  if (!policy.ok) return policy;
  const { reference, source } = policy.value;
  const wanted = findArgument(command, 'seed', 'seed')?.number ?? null;
  const { environment: known, limits, ...chosen } = await chooseEpisode(policy.value, wanted);
  const current = await (policy.value.origin === null
    ? describeCurrentEnvironment(notebook, known, execution)
    : describeRecordedEnvironment(notebook, known, execution));
  if (!current.ok) return refuseEvaluatorFailure(current);
  const { environment, facts } = current.value;
  const { origin } = policy.value;
  const changedCode = origin === null ? null : listChangedCode(origin.state, current.value);
  const params = { environment, source, limits, seed: chosen.seed, pictures: FILMSTRIP_PICTURES };
  const traced = await notebook.evaluator.request('trace', params, execution);
  if (!traced.ok) return refuseEvaluatorFailure(traced);
  const { value: episode } = traced;
  const bundle = buildReplayBundle({
    reference,
    source,
    episode,
    changedCode,
    unrepeatable: facts.unrepeatable,
    ...chosen,
  });
  execution.display(bundle);
  if (episode.filmstrip !== null)
    execution.display({
      'image/png': episode.filmstrip,
      'text/plain': `Pictures of ${reference} on seed ${chosen.seed}`,
    });
  if (episode.failure === null) return succeed(null);
  return refuse('PolicyError', formatPolicyFailure(episode.failure), [`code: ${episode.failure.code}`]);
};

async function chooseEpisode(
  policy: LearnedPolicy | HandPolicy,
  wanted: number | null,
): Promise<ReplayedEpisode> {
  if (policy.origin === null) {
    const { environment, observation } = policy.environment;
    const seed = wanted ?? DEFAULT_SEED;
    const nothing = { recorded: null, followed: null, isByHand: true };
    return { environment, limits: defaultLimits, seed, observation, ...nothing };
  }
  const { path, environment, state, events, candidate, hash } = policy.origin;
  const episodes = readRecordedEpisodes(events, candidate);
  const seed = wanted ?? episodes[0]?.seed ?? DEFAULT_SEED;
  return {
    environment,
    limits: state.settings.policy,
    seed,
    observation: state.settings.observation,
    isByHand: false,
    recorded: episodes.find((each) => each.seed === seed) ?? null,
    followed: await readEpisode(path, hash, seed),
  };
}
