/** `%replay POLICY [seed=N]`: an episode again, slowly, with the lines that chose its actions. */
import { readRecordedEpisodes } from '@policybook/engine';
import {
  defaultLimits,
  type EnvironmentSpec,
  type MethodParams,
  type MethodResult,
  type PolicyLimits,
} from '@policybook/protocol';
import { readEpisode } from '@policybook/store';
import { buildReplayBundle, isAnotherEpisode, type Replay } from '@policybook/views';
import {
  describeCurrentEnvironment,
  describeRecordedEnvironment,
  listChangedCode,
} from '../declarations/current-environment';
import { succeed, refuse } from '../errors/cell-failure';
import { refuseEvaluatorFailure, formatPolicyFailure } from '../errors/evaluator-failure';
import { findUnrepeated, markUnrepeatable } from '../declarations/repeatability';
import type { CurrentEnvironment, Notebook } from '../notebook/notebook';
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
  const { environment } = current.value;
  const { origin } = policy.value;
  const changedCode = origin === null ? null : listChangedCode(origin.state, current.value);
  const params = { environment, source, limits, seed: chosen.seed, pictures: FILMSTRIP_PICTURES };
  const traced = await notebook.evaluator.request('trace', params, execution);
  if (!traced.ok) return refuseEvaluatorFailure(traced);
  const { value: episode } = traced;
  const { isNew, unrepeatable } = await tryAgain(notebook, current.value, params, episode, {
    isAnother: changedCode === null && isAnotherEpisode({ ...chosen, episode }),
    signal: execution.signal,
  });
  if (isNew)
    execution.stream(
      'stderr',
      `The environment does not repeat a seed: ${unrepeatable ?? ''}. That was found just now; from here on it stands with each score, comparison, audit and export, and no cache answers for it.\n`,
    );
  const bundle = buildReplayBundle({
    reference,
    source,
    episode,
    changedCode,
    unrepeatable,
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

/**
 * Plays an episode that is another than the recorded one once more, to find out whether the environment is why; says what
 * is known by then. A cache answers neither: the environment is taken for one that does not repeat.
 */
async function tryAgain(
  notebook: Notebook,
  { environment, facts }: CurrentEnvironment,
  params: MethodParams<'trace'>,
  first: MethodResult<'trace'>,
  { isAnother, signal }: { readonly isAnother: boolean; readonly signal: AbortSignal },
): Promise<{ readonly isNew: boolean; readonly unrepeatable: string | undefined }> {
  const known = { isNew: false, unrepeatable: facts.unrepeatable };
  if (!isAnother || facts.unrepeatable !== undefined) return known;
  const again = { ...params, environment: { ...environment, unrepeatable: true as const }, pictures: 0 };
  const traced = await notebook.evaluator.request('trace', again, { signal });
  const found = traced.ok ? findUnrepeated(params.seed, first, traced.value) : null;
  if (found === null) return known;
  return { isNew: markUnrepeatable(notebook, environment, found), unrepeatable: found };
}

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
