/** Episodes of candidates are played once more for an author, which sees what happened along them. */
import { cutTrace, type KeptTrace } from '../episodes/kept-trace';
import type { AuthorRequest } from '../ports';
import { requireCandidate } from '../state';
import { StoppedError } from '../session/stopped';
import { requireText, type RunContext } from './context';

/** Replays that are kept for later prompts, of about 60 KB each. */
const MAX_REPLAYS = 32;
/** Sums of the same rewards, added up in another order, differ by less than this part. */
const RETURN_TOLERANCE = 1e-9;

/** Creates what replays episodes for an author. The same episode is replayed once a session. */
export function createReplay(context: RunContext): AuthorRequest['replay'] {
  const { log, replays } = context;
  return (candidate, seed) => {
    const key = `${candidate} ${seed}`;
    const known = replays.get(key);
    if (known !== undefined) return known;
    if (log.state.settings.environment.unrepeatable === true) return Promise.resolve(null);
    const replay = replayEpisode(context, candidate, seed);
    replays.set(key, replay);
    const [oldest] = replays.keys();
    if (replays.size > MAX_REPLAYS && oldest !== undefined) replays.delete(oldest);
    return replay;
  };
}

async function replayEpisode(
  context: RunContext,
  ...[id, seed]: Parameters<AuthorRequest['replay']>
): Promise<KeptTrace | null> {
  const { training, fresh } = requireCandidate(context.log.state, id);
  const traced = await traceOnce(context, requireText(context, id), seed);
  if (traced === null || !traced.ok) return null;
  const trace = cutTrace(seed, traced.value);
  const recorded = fresh.get(seed) ?? training.get(seed);
  const isSame =
    recorded === undefined ||
    Math.abs(trace.return - recorded) <= RETURN_TOLERANCE * Math.max(1, Math.abs(recorded));
  return isSame ? trace : null;
}

/** Traces an episode; `null` where something other than the policy fails, such as the environment: a prompt is no reason to stop a run. */
async function traceOnce(
  { runner, signal }: RunContext,
  source: string,
  seed: number,
): Promise<Awaited<ReturnType<RunContext['runner']['trace']>> | null> {
  try {
    return await runner.trace(source, seed);
  } catch (error) {
    if (signal.aborted || !(error instanceof StoppedError)) throw error;
    return null;
  }
}
