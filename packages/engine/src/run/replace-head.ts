/** How a smaller text takes the place of the head that it acts like. */
import type { CandidateId } from '../events';
import { requireCandidate } from '../state';
import { promoteChampion } from './challenge';
import { findChampion, findHead, type RunContext } from './context';
import { changeHead } from './race';

/** Makes a text head that acts like the present one, whose episodes count as its own; a champion gives way to it as well. */
export async function replaceHead(context: RunContext, smaller: CandidateId): Promise<void> {
  const head = findHead(context.log.state);
  if (head === null) throw new Error('there is no head to be replaced');
  await changeHead(context, { candidate: smaller, actsAs: head.id });
  const { score } = requireCandidate(context.log.state, head.id);
  if (findChampion(context.log.state)?.id === head.id && score !== null)
    await promoteChampion(context, smaller, score);
}
