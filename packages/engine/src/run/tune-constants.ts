/** How the `# tune:` constants of one candidate are tuned: the tuned text becomes a candidate, whose parent it is. */
import { formatQuantity, trimUsage, type MethodResult } from '@policybook/protocol';
import { readBudgetLeft } from '../budget/budget';
import type { CandidateId } from '../events';
import { deriveSeeds } from '../seeds';
import type { Candidate, EventOf } from '../state';
import type { PolicyResult } from '../session/episode-runner';
import { findAtEdge } from '../tunable-constants';
import { admitProposals, type CandidateProposal } from './admit';
import { doOnce } from './attempts';
import { deriveLabel, requireText, type RunContext } from './context';

/** Episodes of tuning at least: fewer do not carry a covariance matrix through a handful of generations. */
export const MIN_TUNING_EPISODES = 64;

const NO_TUNING = { episodes: 0, steps: 0, modelSteps: 0 };

/** What one tuning may take. */
export interface TuningLimits {
  readonly episodes: number;
  /** The part of the steps left, and of the time left: the clock would else end it, and what it had found were lost. */
  readonly share: number;
}

/** Tunes with at most so much; returns the tuned candidate where there is a new one. */
export async function tuneConstants(
  context: RunContext,
  subject: Candidate,
  { episodes, share }: TuningLimits,
): Promise<readonly CandidateId[]> {
  context.announce(`tuning ${formatQuantity(subject.tunable, 'constant')} of @${subject.id}`);
  const [seed = 0] = deriveSeeds(context.log.state.settings.seed, ['tuning', subject.hash], 1);
  const { steps } = readBudgetLeft(context.log.state);
  const ask = doOnce(() => {
    const timely = Math.max(1, Math.floor(share * context.countTimelyEpisodes()));
    const most = {
      episodes: Math.min(episodes, timely),
      steps: steps === null ? null : Math.floor(share * steps),
    };
    return context.runner.tune(requireText(context, subject.id), seed, most);
  });
  const [event] = await context.log.recordOrReplay(1, ['tuner_finished'], async () => [
    await describeTuning(context, subject, await ask()),
  ]);
  if (event === undefined || event.generations.length === 0) return [];
  return admitProposals(context, 1, async () => proposeTuned(subject, await ask()));
}

/**
 * Describes what tuning came to. Only a text whose constants cannot be read fails to be tuned, before any episode: it has no
 * generations and is charged nothing. A variant that fails in its episodes ranks last.
 */
async function describeTuning(
  { runner }: RunContext,
  { id: candidate }: Candidate,
  result: PolicyResult<MethodResult<'tune'>>,
): Promise<EventOf<'tuner_finished'>> {
  if (!result.ok) return { type: 'tuner_finished', candidate, generations: [], usage: trimUsage(NO_TUNING) };
  const { generations, usage, source } = result.value;
  const tuned = await runner.describe(source);
  const edges = tuned.ok ? findAtEdge(tuned.value.tunable) : [];
  return {
    type: 'tuner_finished',
    candidate,
    generations,
    ...(edges.length > 0 && { edges }),
    usage: trimUsage(usage),
  };
}

function proposeTuned(subject: Candidate, result: PolicyResult<MethodResult<'tune'>>): CandidateProposal[] {
  if (!result.ok) return [];
  const { source } = result.value;
  const idea = `The constants of @${subject.id}, tuned.`;
  return [{ kind: 'scalar', label: deriveLabel(subject.label, 'tuned'), idea, source, parent: subject.id }];
}
