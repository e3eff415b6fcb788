/** The stage of the author: generation after generation, until it stalls, has nothing left, or its share is spent. */
import { findMinEffect } from '../acceptance/min-effect';
import { findNearbyBounds } from '../acceptance/return-bounds';
import { countAffordableEpisodes, readBudgetLeft, canAskAuthor } from '../budget/budget';
import type { CandidateId } from '../events';
import type { Result } from '@policybook/protocol';
import type { AuthorAnswer, AuthorFailure } from '../ports';
import { rejectWhenAborted } from '../session/episode-runner';
import type { EventOf } from '../state';
import { doOnce } from './attempts';
import { challenge, countComparisonEpisodes, countLeastComparisonEpisodes } from './challenge';
import { findChampion, findProvenChampion, requireText, type RunContext, type StageOutcome } from './context';
import { admitProposals, type CandidateProposal } from './admit';
import { promoteFirst, countFirstScoreSeeds } from './first-champion';
import { rankByMean } from '../racing/ranking-race';
import { race } from './race';
import { isSaturated, isSolved } from './saturation';
import { StoppedError } from '../session/stopped';
import { rejectBehaviouralDuplicates } from './behavioural-duplicates';

/** What the run remembers of its author between turns. */
export interface AuthorProgress {
  /** The number of generations so far. */
  generations: number;
  /** Whether the author has said that it has nothing more to propose. */
  exhausted: boolean;
  /** The number of generations since one changed the champion. */
  idle: number;
  /** The number of failures in a row in this session. */
  failures: number;
}

/** Creates the progress of an author that was never called. */
export const createAuthorProgress = (): AuthorProgress => ({
  generations: 0,
  exhausted: false,
  idle: 0,
  failures: 0,
});

/** The part of what a comparison may take at most that one of the author's takes; more are to come. */
const CHALLENGE_SHARE = 0.5;
/** Fruitless generations in a row after which tuner and simplifier have their turn. */
const PATIENCE_GENERATIONS = 2;
/** An author's provider is retried by the author; what still fails this often in a row is not passing. */
const MAX_FAILURES = 3;

/** Runs the author's turn, and leaves `reserve` episodes to the tuner and the simplifier after it. */
export async function runAuthorStage(
  context: RunContext,
  progress: AuthorProgress,
  reserve: number,
): Promise<StageOutcome> {
  let hasImproved = false;
  for (let idle = 0; !progress.exhausted && !isSaturated(context.log.state);) {
    const { state } = context.log;
    if (idle >= (isSolved(state) ? 1 : PATIENCE_GENERATIONS)) break;
    const affordable = countAffordableEpisodes(state) - reserve;
    if (affordable < countGenerationEpisodes(context) || !canAskAuthor(state))
      return hasImproved ? 'improved' : 'over_budget';
    const outcome = await runGeneration(context, progress);
    if (outcome === 'over_budget') return hasImproved ? 'improved' : outcome;
    hasImproved ||= outcome === 'improved';
    idle = outcome === 'improved' ? 0 : idle + 1;
    progress.idle = outcome === 'improved' ? 0 : progress.idle + 1;
  }
  return hasImproved ? 'improved' : 'no_change';
}

/** Counts the episodes without which nothing could come of another generation. */
function countGenerationEpisodes(context: RunContext): number {
  const { state } = context.log;
  const comparing = findChampion(state) === null ? 0 : countLeastComparisonEpisodes(context);
  return state.settings.racing.seeds + comparing;
}

async function runGeneration(context: RunContext, progress: AuthorProgress): Promise<StageOutcome> {
  const generation = progress.generations++;
  context.announce(`asking the author, generation ${generation}`);
  const ask = prepareRequest(context, generation);
  const { isReplaying: replaying } = context.log;
  const [event] = await context.log.recordOrReplay(1, ['author_answered', 'author_failed'], async () => [
    recordAnswer(generation, context, await ask()),
  ]);
  if (event?.type !== 'author_answered') {
    // A failure of an earlier session is no reason not to ask again in this one.
    progress.failures = replaying ? 0 : progress.failures + 1;
    if (event !== undefined && (progress.failures >= MAX_FAILURES || (!replaying && isLasting(await ask()))))
      throw new StoppedError('failed', event.message);
    return 'no_change';
  }
  progress.failures = 0;
  progress.exhausted = event.exhausted;
  const ids = await admitProposals(context, event.proposals, async () => readProposals(await ask()));
  return chooseChampion(context, ids);
}

/**
 * Promotes a first champion where there is none: the author's baseline, which the others then challenge, or else the best
 * by the race. Where there is a champion, the best of `ids` challenges it. A budget that carries no comparison makes no
 * baseline champion: the race alone decides, and claims nothing.
 */
export async function chooseChampion(
  context: RunContext,
  ids: readonly CandidateId[],
): Promise<StageOutcome> {
  const { candidates } = context.log.state;
  if (findChampion(context.log.state) !== null) return challengeBest(context, ids);
  const baselines = ids.filter((id) => candidates.get(id)?.baseline === true && canAffordComparison(context));
  const first = await promoteFirst(context, baselines);
  if (first === 'over_budget') return first;
  if (first === 'no_change') return promoteBest(context, filterUntried(context, ids));
  await challengeBest(context, filterUntried(context, ids));
  return 'improved';
}

/** Whether a comparison can still be paid after a first champion and a race of one candidate. */
function canAffordComparison(context: RunContext): boolean {
  const { state } = context.log;
  const affordable = countAffordableEpisodes(state);
  return (
    affordable >=
    countFirstScoreSeeds(affordable) + state.settings.racing.seeds + countComparisonEpisodes(state)
  );
}

function filterUntried(context: RunContext, ids: readonly CandidateId[]): CandidateId[] {
  const { candidates } = context.log.state;
  return ids.filter((id) => candidates.get(id)?.verdict === null);
}

/** Promotes a first champion by the race alone; the next best takes the place of one that fails. */
async function promoteBest(context: RunContext, ids: readonly CandidateId[]): Promise<StageOutcome> {
  if (ids.length < 2) return promoteFirst(context, ids);
  const survivors = await race(context, ids);
  // Where the budget carries no race, the first that works is better than none.
  return promoteFirst(context, survivors.length > 0 ? rankByMean(survivors) : filterUntried(context, ids));
}

async function challengeBest(context: RunContext, ids: readonly CandidateId[]): Promise<StageOutcome> {
  const survivors = await race(context, await rejectBehaviouralDuplicates(context, ids));
  const champion = findProvenChampion(context.log.state);
  const [challenger] = rankByMean(survivors);
  if (challenger === undefined || champion === null) return 'no_change';
  const { state } = context.log;
  const minEffect = findMinEffect(state, findNearbyBounds(state));
  const plan = {
    challenger,
    champion: champion.id,
    test: 'gain',
    minEffect,
    budgetShare: CHALLENGE_SHARE,
  } as const;
  return challenge(context, plan);
}

/**
 * Makes a function that asks the author when it is first called, and returns that answer at every call. The author is asked
 * with the state as it is now, because parts of its answer may be recorded before the function is called.
 */
function prepareRequest(
  context: RunContext,
  generation: number,
): () => Promise<Result<AuthorAnswer, AuthorFailure>> {
  const { state } = context.log;
  return doOnce(() =>
    rejectWhenAborted(
      context.author.propose({
        generation,
        settings: state.settings,
        facts: state.facts,
        state,
        source: (candidate) => requireText(context, candidate),
        left: readBudgetLeft(state),
        signal: context.signal,
        onProgress: context.runner.followAuthor(),
      }),
      context.signal,
    ),
  );
}

/**
 * Describes what the author answered. A failure is recorded for what it cost. One that called no model has cost nothing and
 * says nothing of the run: it ends the session, and the next session makes the same request.
 */
function recordAnswer(
  generation: number,
  { author: { kind: author, spendsModelCalls }, runner }: Pick<RunContext, 'author' | 'runner'>,
  answer: Result<AuthorAnswer, AuthorFailure>,
): EventOf<'author_answered' | 'author_failed'> {
  if (!answer.ok) {
    const { code, message, call, usage } = answer;
    if (!spendsModelCalls) throw new StoppedError('failed', `asking the author ${author} failed: ${message}`);
    return { type: 'author_failed', generation, author, code, message, call, usage };
  }
  const { proposals, findings, exhausted, call, usage, limitation = null } = answer.value;
  runner.chargeAuthor(answer.value);
  return {
    type: 'author_answered',
    generation,
    author,
    proposals: proposals.length,
    findings: [...findings],
    ...(limitation !== null && { limitation }),
    exhausted,
    call,
    usage,
  };
}

/** Whether an answer is a failure that asking again would not mend. */
function isLasting(answer: Result<AuthorAnswer, AuthorFailure>): boolean {
  return !answer.ok && answer.isLasting;
}

function readProposals(answer: Result<AuthorAnswer, AuthorFailure>): CandidateProposal[] {
  if (!answer.ok) throw new StoppedError('failed', answer.message);
  return answer.value.proposals.map(({ label, idea, source, baseline = false }) => ({
    kind: 'structural',
    label,
    idea,
    source,
    baseline,
  }));
}
