/** On what a run's numbers rest: what its comparisons risked, the bounds they took for granted, races, audits. */
import { returnBounds, type RunState } from '@policybook/engine';
import { againstWords, believedWords, freshScoreWords } from './audit-words';
import { countWords, plural, returnWords } from './numbers';
import type { RunPayload } from './payloads';
import { referenceOf } from './standing';

type Row = RunPayload['evidence'][number];

/** Audits shown beside the score; the log has them all. */
const auditsShown = 3;

export function evidenceRows(state: RunState): Row[] {
  return [...comparisonRow(state), ...boundsRow(state), ...racingRow(state), ...auditRows(state)];
}

/** "5, 3 accepted; at most 0.25 false acceptances expected": each risked its level, and levels add up. */
function comparisonRow({ comparisons, acceptances, falseAcceptances, settings }: RunState): Row[] {
  if (comparisons === 0) return [];
  const risk =
    settings.errorRate === 'per_run'
      ? `at most ${returnWords(100 * (1 - settings.acceptance.confidence))} % of the accepted expected to be false`
      : `at most ${returnWords(falseAcceptances)} false acceptances expected`;
  return [
    { name: 'comparisons', text: `${countWords(comparisons)}, ${countWords(acceptances)} accepted; ${risk}` },
  ];
}

/** "taken to lie in -250 to 320 (declared), 3 were outside" */
function boundsRow(state: RunState): Row[] {
  if (state.comparisons === 0 || (state.observed === null && state.settings.returns === null)) return [];
  const { low, high, assumed } = returnBounds(state);
  const outside = state.outside === 0 ? '' : `, ${countWords(state.outside)} were outside`;
  const source = assumed ? 'assumed from those seen' : 'declared';
  return [
    {
      name: 'returns',
      text: `taken to lie in ${returnWords(low)} to ${returnWords(high)} (${source})${outside}`,
    },
  ];
}

function racingRow({ race }: RunState): Row[] {
  if (race === null) return [];
  const { played: spent, undropped } = race.episodes;
  const saved = Math.max(0, undropped - spent);
  const words = saved === 0 ? '' : `, ${countWords(saved)} saved by dropping early`;
  return [{ name: 'racing', text: `${plural(spent, 'episode')}${words}` }];
}

/** What was played on seeds that did not exist while the policy was written, beside what the search believed. */
function auditRows({ audits, run }: RunState): Row[] {
  return audits.slice(-auditsShown).map((audit) => {
    const { against } = audit;
    const claim =
      against === null ? '' : `; against ${referenceOf(run, against.candidate)} ${againstWords(audit)}`;
    const score = `${referenceOf(run, audit.candidate)} ${freshScoreWords(audit)}`;
    return { name: `audit ${audit.number}`, text: `${score}${claim}; ${believedWords(audit)}` };
  });
}
