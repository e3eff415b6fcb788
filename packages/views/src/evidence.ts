/** On what a run's numbers rest: what its comparisons risked, the bounds they took for granted, races, audits. */
import {
  findGoldenLosses,
  findHead,
  findNearbyBounds,
  formatGoldenHead,
  formatGoldenLosses,
  formatPredictions,
  formatUnexercised,
  isRefused,
  proposeReturns,
  type EpisodesSummary,
  type ReturnBounds,
  type RunState,
} from '@policybook/engine';
import { formatAuditDifference, formatRunEstimate, formatFreshScore } from './audit';
import { formatEndings } from './endings';
import { formatModelUsage } from './model-usage';
import { formatCount, formatQuantity, formatReturn } from './numbers';
import type { RunPayload } from './payloads';
import { formatReference } from './champion-history';

type EvidenceRow = RunPayload['evidence'][number];

/** Most audits shown with the score; the log has them all. */
const MAX_AUDITS_SHOWN = 3;

/**
 * What supports the head's score, a row each: how its episodes ended, comparisons, bounds, races, what was never exercised,
 * predictions of the author, what its model took, audits.
 * `headEpisodes` says what happened in its episodes, where they were read.
 */
export function buildEvidenceRows(state: RunState, headEpisodes?: EpisodesSummary): EvidenceRow[] {
  const endings = headEpisodes === undefined ? null : formatEndings(headEpisodes);
  return [
    ...(endings === null ? [] : [{ name: 'endings', text: endings }]),
    ...buildComparisonRow(state),
    ...buildBoundsRow(state),
    ...buildRacingRow(state),
    ...buildGoldenRow(state),
    ...buildUnexercisedRow(state),
    ...buildPredictionsRow(state),
    ...buildModelRow(state),
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

/**
 * Says which bounds of returns are used, how many returns were clipped and which bounds would hold all, as "taken to lie in
 * -250 to 320 (declared), 3 were outside and clipped; …".
 */
function buildBoundsRow(state: RunState): EvidenceRow[] {
  const hasBounds = state.observed !== null || state.settings.returns !== null;
  if (!hasBounds || (state.comparisons === 0 && state.outside === 0)) return [];
  const bounds = findNearbyBounds(state);
  const range = `${formatReturn(bounds.low)} to ${formatReturn(bounds.high)}`;
  const clipped =
    state.outside === 0
      ? ''
      : `, ${formatCount(state.outside)} ${state.outside === 1 ? 'was' : 'were'} outside and clipped`;
  const proposal = state.outside === 0 ? null : proposeReturns(state, bounds);
  const text = `taken to lie in ${range} (${formatBoundsSource(state, bounds)})${clipped}`;
  return [{ name: 'returns', text: proposal === null ? text : `${text}; ${proposal}` }];
}

/** Says where the bounds are from. Assumed ones leave out what lies far from the returns of the champion. */
function formatBoundsSource({ observed }: RunState, { low, high, assumed }: ReturnBounds): string {
  if (!assumed) return 'declared';
  if (observed === null || (observed.low >= low && observed.high <= high)) return 'assumed from those seen';
  return `assumed from those of the champion; all seen lie in ${formatReturn(observed.low)} to ${formatReturn(observed.high)}`;
}

/** Says how often what the author expected of its policies was right. */
function buildPredictionsRow(state: RunState): EvidenceRow[] {
  const text = formatPredictions(state);
  return text === null ? [] : [{ name: 'predictions', text }];
}

/** Says what the calls of the author's model took. */
function buildModelRow({ usage, settings }: RunState): EvidenceRow[] {
  const text = formatModelUsage(usage, settings.author);
  return text === null ? [] : [{ name: 'model', text }];
}

function buildRacingRow({ race }: RunState): EvidenceRow[] {
  if (race === null) return [];
  return [{ name: 'racing', text: formatQuantity(race.episodes, 'episode') }];
}

/** "3 cases, held by first@9; 2 candidates refused, the latest: @12 loses golden seed 17: -120 after 210", or which of them the head loses. */
function buildGoldenRow(state: RunState): EvidenceRow[] {
  const { golden } = state.settings;
  if (golden === undefined) return [];
  const head = findHead(state);
  const [warning] = formatGoldenHead(state);
  const held = head === null ? '' : (warning ?? `held by ${formatReference(state.run, head.id)}`);
  const cases = [formatQuantity(golden.length, 'case'), ...(held === '' ? [] : [held])].join(', ');
  const refused = [...state.candidates.values()].filter(
    (candidate) => isRefused(state, candidate) && candidate.id !== head?.id,
  );
  const latest = refused.at(-1);
  const more =
    latest === undefined
      ? ''
      : `; ${formatQuantity(refused.length, 'candidate')} refused, the latest: @${latest.id} ${formatGoldenLosses(findGoldenLosses(state, latest))}`;
  return [{ name: 'golden', text: `${cases}${more}` }];
}

/** Says what of the head's text no episode has exercised. */
function buildUnexercisedRow(state: RunState): EvidenceRow[] {
  const text = formatUnexercised(state);
  return text === null ? [] : [{ name: 'unexercised', text }];
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
