/** Whose turn it is: author, tuner and simplifier follow each other, each until it stalls. */
import { countAffordableEpisodes } from '../budget/budget';
import { runAuthorStage, chooseChampion, createAuthorProgress, type AuthorProgress } from './author-stage';
import { runChecksStage } from './checks-stage';
import { findChampion, type RunContext, type StageOutcome } from './context';
import { admitProposals } from './admit';
import { isSaturated, isSolved } from './saturation';
import { formatBudgetEnd } from './budget-message';
import { createSimplifierProgress, runSimplifierStage } from './simplifier-stage';
import { createTunerProgress, runTunerStage } from './tuner-stage';

/** The part of the episodes left that the author's first turn leaves to the tuner and the simplifier. */
const RESERVED_SHARE = 0.25;
/** Fruitless generations in a row after which an author is taken to have nothing left. */
const MAX_IDLE_GENERATIONS = 8;

/** Why a run ended by itself; `message` is for people. */
export interface RunEnding {
  readonly reason: 'exhausted' | 'budget';
  readonly message: string;
}

/** Runs until a whole round of author, tuner and simplifier improves nothing, or what is left of the budget is not enough for anything. */
export async function runStages(context: RunContext): Promise<RunEnding> {
  const author = createAuthorProgress();
  const tuner = createTunerProgress();
  const simplifier = createSimplifierProgress();
  await admitStart(context);
  for (let round = 0; ; round++) {
    const { settings } = context.log.state;
    const reservedShare = round === 0 && (settings.tune || settings.simplify) ? RESERVED_SHARE : 0;
    const reserve = reservedShare * countAffordableEpisodes(context.log.state);
    const outcomes = [
      await runAuthorStage(context, author, Number.isFinite(reserve) ? reserve : 0),
      await runTunerStage(context, tuner),
      await runSimplifierStage(context, simplifier),
    ] as const;
    const ending = findEnding(context, outcomes, author, reservedShare > 0);
    if (ending === null) continue;
    await runChecksStage(context);
    return ending;
  }
}

/** Finds why no further round is worth while, `null` when one is; `hasReserve`: episodes were kept from the author in this round. */
function findEnding(
  context: RunContext,
  outcomes: readonly [author: StageOutcome, tuner: StageOutcome, simplifier: StageOutcome],
  author: AuthorProgress,
  hasReserve: boolean,
): RunEnding | null {
  const { state } = context.log;
  if (isSaturated(state)) return { reason: 'exhausted', message: 'no gain of the minimum effect is left' };
  if (outcomes.includes('improved')) return null;
  if (outcomes[0] === 'over_budget' && hasReserve) return null;
  if (outcomes.includes('over_budget')) return { reason: 'budget', message: formatBudgetEnd(state) };
  const endExhausted = (message: string): RunEnding => ({ reason: 'exhausted', message });
  if (author.exhausted)
    return endExhausted(
      'the author has nothing left to propose, and nothing in the last round improved the champion',
    );
  if (isSolved(state))
    return endExhausted(
      'solved: the champion reaches the reward threshold, and nothing in the last round improved it',
    );
  // Independent samples have not stalled because the last ones were no better.
  if (author.idle < MAX_IDLE_GENERATIONS || context.author.hasIndependentSamples) return null;
  return endExhausted(
    `the author's last ${author.idle} generations did not improve the champion, nor did anything else in the last round`,
  );
}

/** Makes the user's own text the first candidate, where there is one. */
async function admitStart(context: RunContext): Promise<void> {
  const { start } = context.log.state.settings;
  if (start === null || findChampion(context.log.state) !== null) return;
  const proposal = {
    kind: 'by_hand',
    label: 'start',
    idea: 'The text to start from.',
    source: start,
  } as const;
  await chooseChampion(context, await admitProposals(context, 1, () => Promise.resolve([proposal])));
}
