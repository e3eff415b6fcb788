/** Whose turn it is: author and tuner follow each other until both stall; then the head is chosen, shown and simplified. */
import { countAffordableEpisodes } from '../budget/budget';
import { formatAccepted } from './accepted-message';
import { admitProposals } from './admit';
import { createAuthorProgress, runAuthorStage, type AuthorProgress } from './author-stage';
import { formatBudgetEnd } from './budget-message';
import { runChecksStage } from './checks-stage';
import { runChoiceStage } from './choice-stage';
import { findHead, type RunContext, type StageOutcome } from './context';
import { enterCandidates } from './enter-candidates';
import { formatGoldenHead } from './golden-message';
import { formatLead } from './lead-message';
import { formatRejectedHead } from './rejected-message';
import { findHopelessGain, formatHopelessGain } from './reach';
import { isSaturated, isSolved } from './saturation';
import { createSimplifierProgress, MIN_TRAJECTORIES, runSimplifierStage } from './simplifier-stage';
import { createTunerProgress, formatUntuned, runTunerStage } from './tuner-stage';

/** The part of the episodes left that the author's first turn leaves to what comes after it. */
const RESERVED_SHARE = 0.25;
/** The part of the episodes left, and their number at most, that the last choice leaves to the simplifier. */
const SIMPLIFIER_SHARE = 0.25;
const SIMPLIFIER_EPISODES = 200;
/** Fruitless generations in a row after which an author is taken to have nothing left; fewer where the task is solved. */
const MAX_IDLE_GENERATIONS = 8;
const MAX_IDLE_SOLVED = 4;

/** Why a run ended by itself; `message` is for people. */
export interface RunEnding {
  readonly reason: 'exhausted' | 'budget';
  readonly message: string;
}

/** Runs until author and tuner improve nothing any more, or what is left of the budget is not enough for them; what is left then is for the choice. */
export async function runStages(context: RunContext): Promise<RunEnding> {
  const author = createAuthorProgress();
  const tuner = createTunerProgress();
  const simplifier = createSimplifierProgress();
  await admitStart(context);
  for (let round = 0; ; round++) {
    const { settings } = context.log.state;
    const reservedShare = round === 0 && settings.tune ? RESERVED_SHARE : 0;
    const reserve = reservedShare * countAffordableEpisodes(context.log.state);
    const byAuthor = await runAuthorStage(context, author, Number.isFinite(reserve) ? reserve : 0);
    const byTuner = await runTunerStage(context, tuner);
    // A tuned head is a gain that the author can build on.
    if (byTuner === 'improved') author.idle = 0;
    const untuned = byTuner === 'over_budget' ? formatUntuned(context.log.state, tuner) : null;
    const ending = findEnding(context, [byAuthor, byTuner], {
      author,
      untuned,
      hasReserve: reservedShare > 0,
    });
    if (ending === null) continue;
    const left = countAffordableEpisodes(context.log.state);
    const kept = settings.simplify === false ? 0 : countKept(left);
    await runChoiceStage(context, kept);
    await runSimplifierStage(context, simplifier);
    // What the simplifier has left of it can still change the choice, show it or measure it.
    if (kept > 0) await runChoiceStage(context, 0);
    await runChecksStage(context);
    const { state } = context.log;
    const said = [
      ...formatAccepted(state),
      ...formatLead(state),
      ...formatGoldenHead(state),
      ...formatRejectedHead(state),
    ];
    const message = [ending.describe(), ...said].join('; ');
    return { reason: ending.reason, message };
  }
}

/** Counts the episodes that are kept for the simplifier: none where they would be too few for it. */
function countKept(left: number): number {
  const kept = Math.min(SIMPLIFIER_EPISODES, Math.floor(SIMPLIFIER_SHARE * left));
  return kept < MIN_TRAJECTORIES ? 0 : kept;
}

/** An ending that is described once all that is left was spent. */
interface FoundEnding extends Pick<RunEnding, 'reason'> {
  describe(): string;
}

/** What a round has come to, besides its outcomes. */
interface RoundEnd {
  readonly author: AuthorProgress;
  /** Why constants were not tuned that might have been; `null` where there is no reason. */
  readonly untuned: string | null;
  /** Whether episodes were kept from the author in this round. */
  readonly hasReserve: boolean;
}

/** Finds why no further round is worth while, `null` when one is. */
function findEnding(
  context: RunContext,
  outcomes: readonly [author: StageOutcome, tuner: StageOutcome],
  { author, untuned, hasReserve }: RoundEnd,
): FoundEnding | null {
  const { state } = context.log;
  const end = (reason: RunEnding['reason'], message: string): FoundEnding => ({
    reason,
    describe: () => message,
  });
  const endExhausted = (message: string) => end('exhausted', message);
  if (isSaturated(state))
    return endExhausted(
      'no policy could be better by the minimum effect: the best one is at the highest return',
    );
  if (outcomes.includes('improved')) return null;
  const hopeless = findHopelessGain(state);
  if (outcomes[0] === 'over_budget' && hopeless !== null) return endExhausted(formatHopelessGain(hopeless));
  if (outcomes[0] === 'over_budget' && hasReserve) return null;
  if (outcomes[0] === 'over_budget')
    return { reason: 'budget', describe: () => formatBudgetEnd(context.log.state) };
  if (author.exhausted && untuned !== null) return end('budget', `${author.ending}; ${untuned}`);
  if (author.exhausted)
    return endExhausted(`${author.ending}, and nothing in the last round improved the best policy`);
  // Independent samples have not stalled because the last ones were no better, and so many calls are meant to be made.
  if (context.author.hasIndependentSamples || state.settings.budget.calls !== null) return null;
  const { memberCount = 1 } = context.author;
  if (isSolved(state) && author.idle >= MAX_IDLE_SOLVED * memberCount)
    return endExhausted(
      `solved: the best policy reaches the reward threshold, and the author's last ${author.idle} generations did not improve it`,
    );
  if (author.idle < MAX_IDLE_GENERATIONS * memberCount) return null;
  const idle = `the author's last ${author.idle} generations did not improve the best policy`;
  if (untuned !== null) return end('budget', `${idle}; ${untuned}`);
  return endExhausted(`${idle}, nor did anything else in the last round`);
}

/** Makes the user's own text the first candidate, where there is one. */
async function admitStart(context: RunContext): Promise<void> {
  const { start } = context.log.state.settings;
  if (start === null || findHead(context.log.state) !== null) return;
  const proposal = {
    kind: 'by_hand',
    label: 'start',
    idea: 'The text to start from.',
    source: start,
  } as const;
  await enterCandidates(context, await admitProposals(context, 1, () => Promise.resolve([proposal])));
}
