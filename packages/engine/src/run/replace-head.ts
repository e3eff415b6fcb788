/** How a smaller text takes the place of the head that it acts like. */
import type { CandidateId } from '../events';
import { requireCandidate } from '../state';
import { promoteChampion } from './challenge';
import { findChampion, findHead, type RunContext } from './context';
import { holdsGolden } from './play-golden';
import { changeHead } from './race';

/**
 * Makes a text head that acts like the present one, whose episodes count as its own; a champion gives way to it as well. Returns
 * false where it does not hold the golden cases, which may show that it acts otherwise.
 */
export async function replaceHead(context: RunContext, smaller: CandidateId): Promise<boolean> {
  const head = findHead(context.log.state);
  if (head === null) throw new Error('there is no head to be replaced');
  if (!(await holdsGolden(context, smaller))) return false;
  await changeHead(context, { candidate: smaller, actsAs: head.id });
  const { score } = requireCandidate(context.log.state, head.id);
  if (findChampion(context.log.state)?.id === head.id && score !== null)
    await promoteChampion(context, smaller, score);
  return true;
}
