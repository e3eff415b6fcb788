/** How an audit is told, in views, logs and exported files. */
import type { Audit } from '@policybook/engine';
import { confinementWords } from './confinement-words';
import { curseWords, differenceWords, intervalWords, meanWords, plural, returnWords } from './numbers';

/** "265.9 [255.1, 273.0] over 1,000 fresh episodes" */
export function freshScoreWords({ score }: Audit): string {
  return `${meanWords(score)} ${intervalWords(score)} over ${plural(score.episodes, 'fresh episode')}`;
}

/** "the search believed 273.1 [247.9, 279.2]: 7.2 too good (winner's curse)" */
export function believedWords({ score, believed }: Audit): string {
  if (believed === null) return 'the search had not measured it';
  return `the search believed ${meanWords(believed)} ${intervalWords(believed)}: ${curseWords(score, believed)}`;
}

/** What a reader has to know beside the score; empty for most audits. */
export function caveatWords({ requestedEpisodes: asked, score, failed, bounds, isolationLevel: level }: Audit): readonly string[] {
  const confinement = confinementWords(level);
  const range = `${returnWords(bounds.low)} to ${returnWords(bounds.high)}`;
  return [
    ...(score.episodes < asked
      ? [`it ended before the ${plural(asked, 'episode')} that were asked for`]
      : []),
    ...(failed === undefined
      ? []
      : [`it failed in ${plural(failed, 'episode')}, counted as ${returnWords(bounds.low)}`]),
    ...(bounds.assumed ? [`returns are assumed to lie in ${range}`] : []),
    ...(bounds.clipped === undefined
      ? []
      : [`${plural(bounds.clipped, 'return')} outside ${range}, clipped for the interval`]),
    ...(confinement === null ? [] : [confinement]),
  ];
}

/** "+120.3 [110.1, 130.0] over 1,000 pairs", against the run's first candidate. */
export function againstWords({ against }: Audit): string {
  return against === null ? '' : differenceWords(against.difference);
}

/** One line of a run's log. */
export function auditLine(audit: Audit): string {
  return `audit ${audit.number}: ${freshScoreWords(audit)}; ${believedWords(audit)}`;
}
