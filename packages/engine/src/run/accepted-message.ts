/** What a run says of the policy that the user has accepted as its result. */
import { findAccepted } from '../choice/accepted';
import { isAlike } from '../choice/contenders';
import type { RunState } from '../state';
import { findHead } from './context';

/** Says that the head is what the user accepted, or what leads in its place; nothing where the user has accepted none. */
export function formatAccepted(state: RunState): readonly string[] {
  const [head, accepted] = [findHead(state), findAccepted(state)];
  if (head === null || accepted === null) return [];
  if (head.id === accepted) return [`@${accepted} is accepted by you`];
  return isAlike(state, head.id, accepted)
    ? [`@${head.id} acts like @${accepted}, which you accepted, by a smaller text`]
    : [`@${head.id} leads in place of @${accepted}, which you accepted before it was there`];
}
