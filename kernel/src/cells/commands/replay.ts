/** `%replay POLICY [seed=N]`: an episode again, slowly, with the lines that chose its actions. */
import { join } from 'node:path';
import { readRecordedEpisodes } from '@policybook/engine';
import { readEpisode } from '@policybook/store';
import { buildReplayBundle } from '@policybook/views';
import { succeed, refuse } from '../errors/cell-failure';
import { refuseEvaluatorFailure, formatPolicyFailure } from '../errors/evaluator-failure';
import { readLearnedPolicy } from '../notebook/references';
import { requireArgument, findArgument } from './arguments';
import type { CommandHandler } from './command-handler';

/** Pictures in the filmstrip, which stays in the saved notebook. */
const FILMSTRIP_PICTURES = 12;

/** Plays one episode of a learned policy again and shows which lines chose its actions. */
export const replay: CommandHandler = async (notebook, command, execution) => {
  const named = requireArgument(command, 'policy', 'reference');
  const policy = await readLearnedPolicy(notebook, named, execution.signal);
  if (!policy.ok) return policy;
  const { reference, origin, source } = policy.value;
  const { run, environment, state, events, candidate, hash } = origin;
  const episodes = readRecordedEpisodes(events, candidate);
  const seed = findArgument(command, 'seed', 'seed')?.number ?? episodes[0]?.seed ?? 0;
  const params = { environment, source, limits: state.settings.policy, seed, pictures: FILMSTRIP_PICTURES };
  const traced = await notebook.evaluator.request('trace', params, execution);
  if (!traced.ok) return refuseEvaluatorFailure(traced);
  const { value: episode } = traced;
  const bundle = buildReplayBundle({
    reference,
    source,
    seed,
    episode,
    recorded: episodes.find((each) => each.seed === seed) ?? null,
    followed: await readEpisode(join(notebook.runsFolder, run), hash, seed),
    observation: state.settings.observation,
  });
  execution.display(bundle);
  if (episode.filmstrip !== null)
    execution.display({
      'image/png': episode.filmstrip,
      'text/plain': `Pictures of ${reference} on seed ${seed}`,
    });
  if (episode.failure === null) return succeed(null);
  return refuse('PolicyError', formatPolicyFailure(episode.failure), [`code: ${episode.failure.code}`]);
};
