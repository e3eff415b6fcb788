/** The stage of the author: generation after generation, until it stalls, has nothing left, or its share is spent. */
import { countAffordableEpisodes, readBudgetLeft, canAskAuthor } from '../budget/budget';
import type { Result } from '@policybook/protocol';
import { collectCandidateEpisodes } from '../episodes/candidate-episode';
import type { AuthorAnswer, AuthorFailure } from '../ports';
import { rejectWhenAborted } from '../session/episode-runner';
import type { CandidateId } from '../events';
import { requireCandidate, type EventOf, type RunState } from '../state';
import { AuthorTurn } from './author-turn';
import { findHead, requireText, type RunContext, type StageOutcome } from './context';
import { createAblation, createReplay } from './replay-episodes';
import { createPolicyCheck } from './check-policy';
import { admitProposals, type CandidateProposal } from './admit';
import { enterCandidates } from './enter-candidates';
import { runInboxStage } from './inbox-stage';
import { findUnprovenLead, proveInPassing } from './prove';
import { findHopelessGain } from './reach';
import { listRetunings } from './retunings';
import { isSaturated } from './saturation';
import { createAuthorTools } from './tools';
import { TurnBudget } from './turn-budget';
import { StoppedError } from '../session/stopped';

/** What the run remembers of its author between turns. */
export interface AuthorProgress {
  /** The number of generations so far. */
  generations: number;
  /** Whether the author has said that it has nothing more to propose. */
  exhausted: boolean;
  /** Why it has nothing more, as the beginning of a sentence. */
  ending: string;
  /** The number of generations since anything changed the head. */
  idle: number;
  /** The number of generations in a row of which nothing could be played. */
  broken: number;
  /** The number of failures in a row in this session. */
  failures: number;
}

/** Creates the progress of an author that was never called. */
export const createAuthorProgress = (): AuthorProgress => ({
  generations: 0,
  exhausted: false,
  ending: 'the author has nothing left to propose',
  idle: 0,
  broken: 0,
  failures: 0,
});

/** Fruitless generations in a row after which tuner and simplifier have their turn. */
const PATIENCE_GENERATIONS = 2;
/** Episodes that are kept for the last choice among what was found, and the part of a small budget. */
const CHOICE_EPISODES = 100;
const CHOICE_SHARE = 0.5;
/** The part of the budget that is kept for a proof of the head. */
const PROOF_SHARE = 0.2;
/** Generations in a row of which nothing can be played before they count as fruitless. */
const MAX_BROKEN_GENERATIONS = 4;
/** An author's provider is retried by the author; what still fails this often in a row is not passing. */
const MAX_FAILURES = 3;

/** Runs the author's turn, and leaves `reserve` episodes to the tuner and the simplifier after it. */
export async function runAuthorStage(
  context: RunContext,
  progress: AuthorProgress,
  reserve: number,
): Promise<StageOutcome> {
  let hasImproved = false;
  for (let idle = 0; ;) {
    if ((await runInboxStage(context)) === 'improved') {
      hasImproved = true;
      idle = 0;
      progress.idle = 0;
    }
    if (progress.exhausted || isSaturated(context.log.state)) break;
    const { state } = context.log;
    if (idle >= PATIENCE_GENERATIONS) break;
    const isShort = countAffordableEpisodes(state) < countNeeded(state, reserve);
    if (isShort || !canAskAuthor(state) || findHopelessGain(state) !== null)
      return hasImproved ? 'improved' : 'over_budget';
    const generation = await runGeneration(context, progress);
    hasImproved ||= generation === 'improved';
    // A text that cannot be played says nothing of what its author may still find, unless it goes on like that.
    progress.broken = generation === 'nothing_played' ? progress.broken + 1 : 0;
    if (progress.broken > 0 && progress.broken < MAX_BROKEN_GENERATIONS) continue;
    idle = generation === 'improved' ? 0 : idle + 1;
    progress.idle = generation === 'improved' ? 0 : progress.idle + 1;
  }
  // While the author brings better ones, a proof would be of a head that is about to go.
  await proveInPassing(context);
  return hasImproved ? 'improved' : 'no_change';
}

/** Counts the episodes that must be left for another generation: enough to choose among all that was found, and to show it. */
function countNeeded(state: RunState, reserve: number): number {
  if (findHead(state) === null) return state.settings.racing.seeds;
  const whole = state.usage.episodes + countAffordableEpisodes(state);
  const proof = findUnprovenLead(state)?.episodes ?? 0;
  const reserved = proof <= PROOF_SHARE * whole ? proof : 0;
  return Math.max(reserve, Math.min(CHOICE_EPISODES, CHOICE_SHARE * whole) + reserved);
}

async function runGeneration(
  context: RunContext,
  progress: AuthorProgress,
): Promise<StageOutcome | 'nothing_played'> {
  const generation = progress.generations++;
  context.announce(`asking the author, generation ${generation}`);
  const turn = prepareTurn(context, generation);
  const { isReplaying: replaying } = context.log;
  const event = await recordTurn(context, generation, turn);
  const finish = () => rejectWhenAborted(turn.finish(), context.signal);
  if (event.type !== 'author_answered') {
    // A failure of an earlier session is no reason not to ask again in this one.
    progress.failures = replaying ? 0 : progress.failures + 1;
    if (progress.failures >= MAX_FAILURES) throw new StoppedError('failed', event.message);
    return 'no_change';
  }
  progress.failures = 0;
  progress.exhausted = event.exhausted;
  progress.ending = event.ending ?? progress.ending;
  const ids = await admitProposals(context, event.proposals, async () => readProposals(await finish()));
  const outcome = await enterCandidates(context, ids, listRetunings(context.log.state, generation));
  const hasPlayed = (id: CandidateId) => requireCandidate(context.log.state, id).training.size > 0;
  return event.proposals > 0 && outcome === 'no_change' && !ids.some(hasPlayed) && hasBroken(context, event)
    ? 'nothing_played'
    : outcome;
}

/** Whether a policy of this generation could not be played: a duplicate of an earlier one is none that is broken. */
function hasBroken({ log }: RunContext, { generation }: EventOf<'author_answered'>): boolean {
  return [...log.state.candidates.values()].some(
    (candidate) => candidate.generation === generation && candidate.failure !== null,
  );
}

/** Records what the author does in its turn, each use of a tool and then its answer. */
async function recordTurn(
  context: RunContext,
  generation: number,
  turn: AuthorTurn,
): Promise<EventOf<'author_answered' | 'author_failed'>> {
  const types = ['author_answered', 'author_failed', 'tool_used'] as const;
  for (;;) {
    const { isReplaying } = context.log;
    const [event] = await context.log.recordOrReplay(1, types, async () => {
      const step = await rejectWhenAborted(turn.proceed(), context.signal);
      return [step.type === 'tool_used' ? step.event : recordAnswer(generation, context, step.answer)];
    });
    if (event === undefined) throw new Error('one event was asked for, and none came');
    if (event.type !== 'tool_used') return event;
    if (isReplaying) turn.passOver();
  }
}

/** Prepares the author's turn with the state as it is now, because parts of it may be recorded before the author is asked. */
function prepareTurn(context: RunContext, generation: number): AuthorTurn {
  const { state } = context.log;
  const turnBudget = new TurnBudget(state);
  return new AuthorTurn(context.author, (recordUse) => ({
    generation,
    ownGeneration: generation,
    settings: state.settings,
    facts: state.facts,
    state,
    source: (candidate) => requireText(context, candidate),
    episodes: (candidate) =>
      collectCandidateEpisodes(state, candidate, (hash) => context.journal.readEpisodes(hash)),
    replay: createReplay(context),
    ablate: createAblation(context),
    left: readBudgetLeft(state),
    check: createPolicyCheck(context, turnBudget),
    tools: createAuthorTools(context, generation, turnBudget, recordUse),
    signal: context.signal,
    onProgress: context.runner.followAuthor(),
    onActivity: (activity) => {
      context.announce(activity);
    },
    onAnswering: (sample, answer) => {
      context.noteAnswer(sample, answer);
    },
  }));
}

/**
 * Describes what the author answered. A failure is recorded for what it cost. One of an author that calls no model has cost
 * nothing, and one that lasts says nothing of the run: it ends the session, and the next session makes the same request.
 */
function recordAnswer(
  generation: number,
  { author: { kind: author, spendsModelCalls }, runner }: Pick<RunContext, 'author' | 'runner'>,
  answer: Result<AuthorAnswer, AuthorFailure>,
): EventOf<'author_answered' | 'author_failed'> {
  if (!answer.ok) {
    const { code, message, call, member, replayed, usage } = answer;
    if (!spendsModelCalls) throw new StoppedError('failed', `asking the author ${author} failed: ${message}`);
    if (answer.isLasting) throw createStop(answer);
    const failed = { type: 'author_failed', generation, author, code, message, call, usage } as const;
    return {
      ...failed,
      ...(member !== undefined && { member }),
      ...(replayed !== undefined && { replayed }),
    };
  }
  const {
    proposals,
    findings,
    notes = [],
    exhausted,
    call,
    repaired = [],
    earlierCalls = [],
    tracedSteps = 0,
    usage,
    limitation = null,
    isUnmetered = false,
  } = answer.value;
  const { ending, member, proposalCalls, replayed } = answer.value;
  runner.chargeAuthor(answer.value);
  return {
    type: 'author_answered',
    generation,
    author,
    ...(member !== undefined && { member }),
    proposals: proposals.length,
    findings: [...findings],
    ...(notes.length > 0 && { notes: [...notes] }),
    ...(limitation !== null && { limitation }),
    ...(isUnmetered && { unmetered: true }),
    exhausted,
    ...(ending !== undefined && { ending }),
    call,
    ...(repaired.length > 0 && { repaired: [...repaired] }),
    ...(earlierCalls.length > 0 && { earlierCalls: [...earlierCalls] }),
    ...(proposalCalls !== undefined && { proposalCalls: [...proposalCalls] }),
    ...(tracedSteps > 0 && { tracedSteps }),
    ...(replayed !== undefined && { replayed }),
    usage,
  };
}

/** The end of a session whose author gives no answer, and would give none if it was asked again. */
const createStop = ({ message, isOutage = false }: AuthorFailure): StoppedError =>
  new StoppedError(isOutage ? 'paused' : 'failed', message);

function readProposals(answer: Result<AuthorAnswer, AuthorFailure>): CandidateProposal[] {
  if (!answer.ok) throw createStop(answer);
  return answer.value.proposals.map((proposal) => ({
    ...proposal,
    kind: 'structural',
    baseline: proposal.baseline ?? false,
  }));
}
