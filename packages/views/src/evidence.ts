/** On what a run's numbers rest: what its comparisons risked, the bounds they took for granted, races, audits. */
import { findNearbyBounds, type RunState } from '@policybook/engine';
import { formatAuditDifference, formatRunEstimate, formatFreshScore } from './audit';
import { formatCount, formatQuantity, formatReturn } from './numbers';
import type { RunPayload } from './payloads';
import { formatReference } from './champion-history';

type EvidenceRow = RunPayload['evidence'][number];

/** Most audits shown with the score; the log has them all. */
const MAX_AUDITS_SHOWN = 3;

/** What supports the champion's score: comparisons, bounds, races and audits, a row each. */
export function buildEvidenceRows(state: RunState): EvidenceRow[] {
  return [
    ...buildComparisonRow(state),
    ...buildBoundsRow(state),
    ...buildRacingRow(state),
    ...buildAuditRows(state),
  ];
}

/**
 * "5, 3 accepted; at most 0.25 false acceptances expected": each risked its level, and levels add up. Under
 * `error_rate: per_run` it is the share of those accepted that is expected to be false.
 */
function buildComparisonRow({
  comparisons,
  acceptances,
  falseAcceptances,
  settings,
}: RunState): EvidenceRow[] {
  if (comparisons === 0) return [];
  const risk =
    settings.errorRate === 'per_run'
      ? `at most ${formatReturn(100 * (1 - settings.acceptance.confidence))} % of the accepted expected to be false`
      : `at most ${formatReturn(falseAcceptances)} false acceptances expected`;
  return [
    {
      name: 'comparisons',
      text: `${formatCount(comparisons)}, ${formatCount(acceptances)} accepted; ${risk}`,
    },
  ];
}

/** Says which bounds of returns were used, as "taken to lie in -250 to 320 (declared), 3 were outside". */
function buildBoundsRow(state: RunState): EvidenceRow[] {
  if (state.comparisons === 0 || (state.observed === null && state.settings.returns === null)) return [];
  const { low, high, assumed } = findNearbyBounds(state);
  const { observed } = state;
  const proposal =
    assumed && observed !== null
      ? `; returns: [${formatReturn(observed.low)}, ${formatReturn(observed.high)}] would hold them`
      : '';
  const outside = state.outside === 0 ? '' : `, ${formatCount(state.outside)} were outside${proposal}`;
  const source = assumed ? 'assumed from those seen' : 'declared';
  return [
    {
      name: 'returns',
      text: `taken to lie in ${formatReturn(low)} to ${formatReturn(high)} (${source})${outside}`,
    },
  ];
}

function buildRacingRow({ race }: RunState): EvidenceRow[] {
  if (race === null) return [];
  const { played: spent, undropped } = race.episodes;
  const saved = Math.max(0, undropped - spent);
  const words = saved === 0 ? '' : `, ${formatCount(saved)} saved by dropping early`;
  return [{ name: 'racing', text: `${formatQuantity(spent, 'episode')}${words}` }];
}

/** What was played on seeds that did not exist while the policy was written, next to the run's own estimate. */
function buildAuditRows({ audits, run }: RunState): EvidenceRow[] {
  return audits.slice(-MAX_AUDITS_SHOWN).map((audit) => {
    const { against } = audit;
    const claim =
      against === null
        ? ''
        : `; against ${formatReference(run, against.candidate)} ${formatAuditDifference(audit)}`;
    const score = `${formatReference(run, audit.candidate)} ${formatFreshScore(audit)}`;
    return { name: `audit ${audit.number}`, text: `${score}${claim}; ${formatRunEstimate(audit)}` };
  });
}
