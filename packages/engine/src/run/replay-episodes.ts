/** Episodes of candidates are played once more for an author, which sees what happened along them, and what each part of the text did. */
import { cutTrace, type KeptTrace } from '../episodes/kept-trace';
import type { AuthorRequest } from '../ports';
import { requireCandidate } from '../state';
import type { PolicyResult } from '../session/episode-runner';
import { StoppedError } from '../session/stopped';
import { requireText, type RunContext } from './context';

/** Replays that are kept for later prompts, of about 60 KB each, and ablations. */
const MAX_REPLAYS = 32;
/** The part of its range by which a constant is moved to see what it does, and how much is tried at most. */
const MOVED_PART = 0.1;
const MOST_PARTS = 24;
const MOST_CONSTANTS = 12;
/** Sums of the same rewards, added up in another order, differ by less than this part. */
const RETURN_TOLERANCE = 1e-9;

/** Creates what replays episodes for an author. The same episode is replayed once a session. */
export function createReplay(context: RunContext): AuthorRequest['replay'] {
  return (candidate, seed) =>
    doOnceASession(context, context.replays, `${candidate} ${seed}`, () =>
      replayEpisode(context, candidate, seed),
    );
}

/** Creates what says what the parts of a candidate's text do. The same is asked once a session. */
export function createAblation(context: RunContext): AuthorRequest['ablate'] {
  return (candidate, seeds) =>
    doOnceASession(context, context.ablations, `${candidate} ${seeds.join(' ')}`, async () => {
      const plan = {
        seeds: [...seeds],
        part: MOVED_PART,
        mostParts: MOST_PARTS,
        mostConstants: MOST_CONSTANTS,
      };
      const found = await askInPassing(context, () =>
        context.runner.ablate(requireText(context, candidate), plan),
      );
      return found === null ? null : { ...found, movedPart: MOVED_PART };
    });
}

/** Does something that repeats once a session; `null` where the environment does not repeat. */
function doOnceASession<T>(
  { log }: RunContext,
  done: Map<string, Promise<T | null>>,
  key: string,
  work: () => Promise<T | null>,
): Promise<T | null> {
  const known = done.get(key);
  if (known !== undefined) return known;
  if (log.state.settings.environment.unrepeatable === true) return Promise.resolve(null);
  const result = work();
  done.set(key, result);
  const [oldest] = done.keys();
  if (done.size > MAX_REPLAYS && oldest !== undefined) done.delete(oldest);
  return result;
}

async function replayEpisode(
  context: RunContext,
  ...[id, seed]: Parameters<AuthorRequest['replay']>
): Promise<KeptTrace | null> {
  const { training, fresh } = requireCandidate(context.log.state, id);
  const traced = await askInPassing(context, () => context.runner.trace(requireText(context, id), seed));
  if (traced === null) return null;
  const trace = cutTrace(seed, traced);
  const recorded = fresh.get(seed) ?? training.get(seed);
  const isSame =
    recorded === undefined ||
    Math.abs(trace.return - recorded) <= RETURN_TOLERANCE * Math.max(1, Math.abs(recorded));
  return isSame ? trace : null;
}

/** Asks the evaluator; `null` where anything fails, be it the policy or the environment: a prompt is no reason to stop a run. */
async function askInPassing<T>(
  { signal }: RunContext,
  ask: () => Promise<PolicyResult<T>>,
): Promise<T | null> {
  try {
    const result = await ask();
    return result.ok ? result.value : null;
  } catch (error) {
    if (signal.aborted || !(error instanceof StoppedError)) throw error;
    return null;
  }
}
