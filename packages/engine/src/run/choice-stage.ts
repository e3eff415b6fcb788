/**
 * The last choice: what is left of the budget goes to what can still change who is handed over, then to showing that the
 * head is better than the champion, then to a score of the head on fresh seeds.
 */
import { countAffordableEpisodes, readBudgetLeft } from '../budget/budget';
import { scoreReturns } from '../choice/score-all-episodes';
import { deriveSeeds } from '../seeds';
import type { Candidate, EventOf } from '../state';
import { createRejection } from './admit';
import { countAllPairs } from './challenge';
import { findHead, type RunContext } from './context';
import { playCandidate } from './play-candidate';
import { findUnprovenLead, prove } from './prove';
import { chooseHead, decide } from './race';
import { raiseAlarms } from './raise-alarms';
import { isSaturated } from './saturation';

/** The part of the episodes left that a proof may take before the choice. */
const MAX_PROOF_SHARE = 0.8;
/** Times that a proof is taken up again while its pairs leave it undecided. */
const MAX_PROOFS = 4;
/** A gain may be greater than it is estimated by now: a proof is tried up to so many times the pairs that are left. */
const HOPE_FACTOR = 2;
/** Fresh episodes up to which a head is measured alone, and of one measurement at least. */
const MAX_FRESH_EPISODES = 64;
const MIN_MEASURED_EPISODES = 8;

/** Spends what is left but for `kept` episodes. */
export async function runChoiceStage(context: RunContext, kept: number): Promise<void> {
  const countLeft = () => countAffordableEpisodes(context.log.state) - kept;
  const proof = findUnprovenLead(context.log.state)?.episodes ?? 0;
  const reserved = proof <= MAX_PROOF_SHARE * countLeft() ? proof : 0;
  const isOpen = () => !isSaturated(context.log.state);
  if (isOpen()) await decide(context, countLeft() - reserved);
  for (let proofs = 0; proofs < MAX_PROOFS && countLeft() > 0; proofs++) {
    const before = context.log.state.usage.episodes;
    const pairs = countAllPairs(context.log.state, kept);
    const outcome = await prove(context, pairs, HOPE_FACTOR * pairs);
    if (outcome === 'improved' || context.log.state.usage.episodes === before) break;
  }
  if (isOpen()) await decide(context, countLeft());
  await measureHead(context, countLeft());
}

/** Scores the head on fresh seeds, where it has few: the episodes by which it was chosen flatter it. */
async function measureHead(context: RunContext, left: number): Promise<void> {
  const head = findHead(context.log.state);
  // What the user has rejected stays only where there is nothing else.
  if (head === null || head.isRejectedByUser || head.actsAs !== null) return;
  const count = Math.floor(Math.min(MAX_FRESH_EPISODES - head.fresh.size, left));
  if (count < MIN_MEASURED_EPISODES) return;
  context.announce(`measuring @${head.id}`);
  const [event] = await context.log.recordOrReplay(1, ['head_measured', 'candidate_rejected'], async () => [
    await playMeasurement(context, head, count),
  ]);
  if (event?.type === 'head_measured') await raiseAlarms(context, event);
  await chooseHead(context);
}

async function playMeasurement(
  context: RunContext,
  head: Candidate,
  count: number,
): Promise<EventOf<'head_measured' | 'candidate_rejected'>> {
  const { state } = context.log;
  const seeds = deriveSeeds(state.settings.seed, ['measurement', head.hash], count, head.measured);
  const { steps } = readBudgetLeft(state);
  const played = await playCandidate(context, head.id, seeds, { steps });
  if (played.failure !== null)
    return createRejection(head.id, { code: 'failed', failure: played.failure }, played.usage);
  const returns = [...head.fresh.values(), ...played.returns];
  return {
    type: 'head_measured',
    candidate: head.id,
    played: { seeds: [...played.seeds], returns: [...played.returns], actions: played.actions.join('') },
    score: scoreReturns(state, head, returns),
    usage: played.usage,
  };
}
