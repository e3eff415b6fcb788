/** What `%audit` shows: the audit just made and every audit of the run, so that none can be picked; and an audit in words. */
import { formatLost, type Audit, type PlayedAudit } from '@policybook/engine';
import type { MimeBundle } from './mime-bundle';
import {
  formatCount,
  formatAgreement,
  formatCurse,
  formatDifference,
  formatInterval,
  formatMean,
  formatQuantity,
  formatReturn,
  formatTrainingMean,
} from './numbers';
import { escapeMarkdown, formatAlignedTable, formatMarkdownTable, MAX_MESSAGE_CHARACTERS } from './text';
import { formatReference } from './champion-history';
import { formatIsolation, formatUnrepeatable, namePair } from './warnings';

const AUDIT_HEAD = ['audit', 'policy', 'fresh score', 'estimate of the run'];

/** Builds the output of an audit. `audits` are all of the run, the latest last; `run` is its present name. */
export function buildAuditBundle(run: string, audits: readonly Audit[]): MimeBundle {
  const latest = audits.at(-1);
  if (latest === undefined) return { 'text/plain': `${run} has no audit yet.` };
  const reference = formatReference(run, latest.candidate);
  const score = formatFreshScore(latest);
  const notes = listAuditNotes(run, latest);
  const rows = audits.length < 2 ? [] : audits.map((audit) => formatAuditRow(run, audit));
  return formatAudit(reference, score, notes, rows);
}

/** Builds the output of an audit of a policy by hand, which no run records. */
export function buildHandAuditBundle(reference: string, audit: PlayedAudit): MimeBundle {
  const notes = [
    ...formatCaveats(audit),
    'a policy by hand has no run: this audit is not recorded',
    `nonce ${audit.nonce}`,
  ];
  return formatAudit(reference, formatFreshScore(audit), notes, []);
}

function formatAudit(
  reference: string,
  score: string,
  notes: readonly string[],
  rows: readonly (readonly string[])[],
): MimeBundle {
  return {
    'text/markdown': [
      `**${escapeMarkdown(reference)}: ${escapeMarkdown(score)}**`,
      notes.map((note) => `- ${escapeMarkdown(note, MAX_MESSAGE_CHARACTERS)}`).join('\n'),
      ...(rows.length === 0 ? [] : [formatMarkdownTable(AUDIT_HEAD, rows)]),
    ].join('\n\n'),
    'text/plain': [
      `${reference}: ${score}`,
      ...notes.map((note) => `  ${note}`),
      ...(rows.length === 0 ? [] : ['', formatAlignedTable(AUDIT_HEAD, rows)]),
    ].join('\n'),
  };
}

/** Builds the output of an audit while it is played. */
export function buildAuditProgress(
  reference: string,
  { done, planned }: { readonly done: number; readonly planned: number },
): MimeBundle {
  return {
    'text/plain': `${reference}: ${formatCount(done)} of ${formatQuantity(planned, 'fresh episode')} played`,
  };
}

function listAuditNotes(run: string, audit: Audit): readonly string[] {
  const { against, nonce, number } = audit;
  return [
    formatRunEstimate(audit),
    ...(against === null
      ? []
      : [
          `against ${formatReference(run, against.candidate)} ${audit.unrepeatable === undefined ? 'on the same seeds' : 'on as many episodes'}: ${formatAuditDifference(audit)}`,
        ]),
    ...formatCaveats(audit),
    `nonce ${nonce}, audit ${number} of this run`,
  ];
}

function formatAuditRow(run: string, audit: Audit): readonly string[] {
  const { number, candidate } = audit;
  return [
    String(number),
    formatReference(run, candidate),
    formatFreshScore(audit),
    formatEstimateCell(audit),
  ];
}

function formatEstimateCell({ score, believed, whileChoosing }: Audit): string {
  if (believed !== null) return formatAgreement(score, believed);
  if (whileChoosing === undefined) return '';
  const curse = formatCurse(score, whileChoosing.mean);
  return `${formatReturn(whileChoosing.mean)} while choosing${curse === null ? '' : `, ${curse}`}`;
}

/** Formats what an audit estimated, as "265.9 [255.1, 273.0] over 1,000 fresh episodes". */
export function formatFreshScore({ score }: Pick<Audit, 'score'>): string {
  return `${formatMean(score)} ${formatInterval(score)} over ${formatQuantity(score.episodes, 'fresh episode')}`;
}

/**
 * Formats the run's own estimate, as "the run's estimate was 273.1 [247.9, 279.2]: agrees"; where it had measured nothing, says what its training episodes gave and how to read that.
 */
export function formatRunEstimate({ score, believed, whileChoosing }: Audit): string {
  if (believed !== null)
    return `the run's estimate was ${formatMean(believed)} ${formatInterval(believed)}: ${formatAgreement(score, believed)}`;
  if (whileChoosing === undefined) return 'the run had no estimate of it';
  const { mean, episodes } = whileChoosing;
  const curse = formatCurse(score, mean) ?? 'which flatter what was chosen by them';
  return `the run had only ${formatTrainingMean(mean, episodes)}, ${curse}: trust the fresh score`;
}

/** Lists what a reader has to know in addition to the score; empty for most audits. */
export function formatCaveats({
  requestedEpisodes: planned,
  score,
  failed,
  bounds,
  isolationLevel: level,
  ...audit
}: PlayedAudit | Audit): readonly string[] {
  const repetition = formatUnrepeatable(audit, 'no audit gives these returns again');
  const confinement = formatIsolation(level);
  const range = `${formatReturn(bounds.low)} to ${formatReturn(bounds.high)}`;
  return [
    ...(score.episodes < planned
      ? [`it ended before the ${formatQuantity(planned, 'episode')} that were asked for`]
      : []),
    ...(failed === undefined
      ? []
      : [`it failed in ${formatQuantity(failed, 'episode')}, counted as ${formatReturn(bounds.low)}`]),
    ...formatLosses(audit.usage),
    ...(bounds.assumed ? [`returns are assumed to lie in ${range}`] : []),
    ...(bounds.clipped === undefined
      ? []
      : [`${formatQuantity(bounds.clipped, 'return')} outside ${range}, clipped for the interval`]),
    ...(repetition === null ? [] : [repetition]),
    ...(confinement === null ? [] : [confinement]),
  ];
}

function formatLosses({ lost = 0, episodes = 0 }: Audit['usage']): readonly string[] {
  if (lost === 0) return [];
  return [formatLost(lost, episodes + lost, 'the environment failed in them, and others took their places')];
}

/** Formats the difference from the run's first candidate, as "+120.3 [110.1, 130.0] over 1,000 pairs". */
export function formatAuditDifference({ against, ...audit }: Audit): string {
  return against === null ? '' : formatDifference(against.difference, namePair(audit));
}

/** Formats an audit as a line of the run's log. */
export function formatAuditLine(audit: Audit): string {
  return `audit ${audit.number}: ${formatFreshScore(audit)}; ${formatRunEstimate(audit)}`;
}
