/** An edit that brings back what was taken out: the loop may be going in circles. */
import { candidateOf } from '../loop/context';
import { alarm, type Rule } from './rule';

/** One line may come back by chance. */
const fewestLines = 2;

export const linesReadded: Rule = (event, state) => {
  if (event.type !== 'challenger_compared') return [];
  const { id, readded } = candidateOf(state, event.challenger);
  if (readded === null || readded.count < fewestLines) return [];
  const message =
    `@${id} brings back ${readded.count} lines that @${readded.droppedBy} had dropped, such as ` +
    `“${readded.first}”: the loop may be going in circles.`;
  return [alarm('lines_readded', id, message)];
};
