/** What a run says of a head that the user has rejected. */
import type { RunState } from '../state';
import { findHead } from './context';

/** Says that the head is rejected and stays all the same; nothing for any other head. */
export function formatRejectedHead(state: RunState): readonly string[] {
  const head = findHead(state);
  if (head?.isRejectedByUser !== true) return [];
  return [`@${head.id} is rejected by you, and stays because nothing else is left that can be played`];
}
