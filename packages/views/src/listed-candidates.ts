/** The candidates that a person may accept or reject while the run goes on. */
import { findAccepted, summariseAllEpisodes, type Candidate, type RunState } from '@policybook/engine';
import { findStandings, formatLabel, formatReference, formatStanding } from './champion-history';
import { formatQuantity, formatReturn } from './numbers';
import type { RunPayload } from './payloads';

/** The newest so many candidates are listed, besides the head and the champion. */
const MAX_LISTED = 20;

/** Lists what may be chosen, in the order of their numbers: head, champion and the newest ones that have played and do not fail. */
export function listCandidates(state: RunState): RunPayload['listed'] {
  const standings = findStandings(state);
  const playing = [...state.candidates.values()].filter(({ verdict }) => verdict !== 'rejected');
  const kept = new Set([
    state.head,
    state.championHistory.at(-1)?.candidate,
    findAccepted(state),
    ...playing.slice(-MAX_LISTED).map(({ id }) => id),
  ]);
  return playing.flatMap((candidate) => {
    const summary = kept.has(candidate.id) ? summariseAllEpisodes(state, candidate) : null;
    if (summary === null) return [];
    const text = [
      formatLabel(candidate, 60),
      `${formatReturn(summary.mean)} over ${formatQuantity(summary.episodes, 'episode')}`,
      nameChoice(state, candidate) ?? formatStanding(standings.get(candidate.id) ?? 'pending'),
    ].join(' · ');
    return [{ reference: formatReference(state.run, candidate.id), policy: candidate.policy, text }];
  });
}

function nameChoice(state: RunState, { id, isRejectedByUser }: Candidate): string | null {
  if (findAccepted(state) === id) return 'accepted by you';
  return isRejectedByUser ? 'rejected by you' : null;
}
