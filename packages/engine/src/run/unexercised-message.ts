/** What of the head no episode of the simplifier has exercised, for people: the text may have it for rare situations. */
import { formatQuantity, type UnexercisedPart } from '@policybook/protocol';
import type { EventOf, RunState } from '../state';
import { findHead } from './context';

/** Most places that are named of one kind. */
const MAX_PLACES_SHOWN = 5;

/**
 * Formats as "in 100 episodes lines 12–14 were never reached, the condition on line 20 always held and a part of line 31 made no
 * difference; the text keeps them"; `null` where everything was exercised, or the simplifier has not looked at this text.
 */
export function formatUnexercised(state: RunState): string | null {
  const event = findHeadsEvent(state);
  const { unexercised = [], usage, isCutShort } = event ?? {};
  if (unexercised.length === 0) return null;
  const clauses = [
    formatPlaces(
      unexercised,
      'never_reached',
      (places, isMany) => `${places} ${isMany ? 'were' : 'was'} never reached`,
    ),
    formatPlaces(
      unexercised,
      'always_true',
      (places, isMany) => `the ${isMany ? 'conditions' : 'condition'} on ${places} always held`,
    ),
    formatPlaces(unexercised, 'no_effect', (places) => `a part of ${places} made no difference`),
  ].filter((clause) => clause !== null);
  const most =
    clauses.length > 1 ? `${clauses.slice(0, -1).join(', ')} and ${clauses.at(-1) ?? ''}` : clauses.join('');
  const rest = isCutShort === true ? '; not everything was tried' : '';
  return `in ${formatQuantity(usage?.episodes ?? 0, 'episode')} ${most}; the text keeps them${rest}`;
}

/** Finds what the simplifier said last, where it is of the head's text. */
function findHeadsEvent(state: RunState): EventOf<'simplifier_finished'> | null {
  const head = findHead(state);
  const { simplified } = state;
  if (head === null || simplified === null) return null;
  const subject = simplified.identicalEdits.length === 0 ? head.id : head.actsAs;
  return subject === simplified.candidate ? simplified : null;
}

function formatPlaces(
  parts: readonly UnexercisedPart[],
  kind: UnexercisedPart['kind'],
  formatClause: (places: string, isMany: boolean) => string,
): string | null {
  const found = parts.filter((part) => part.kind === kind);
  if (found.length === 0) return null;
  const shown = found
    .slice(0, MAX_PLACES_SHOWN)
    .map(({ first, last }) => (first === last ? `${first}` : `${first}–${last}`));
  const more = found.length - shown.length;
  const isMany = found.length > 1 || found.some(({ first, last }) => last > first);
  const list = `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return formatClause(
    `${isMany ? 'lines' : 'line'} ${list}`,
    found.length > 1 || (kind === 'never_reached' && isMany),
  );
}
