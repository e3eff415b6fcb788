/** What was tried so far and what came of it, in a table: a policy a row, with its measured differences. */
import {
  compareWith,
  findAccepted,
  findGoldenLosses,
  isRetuning,
  measureDifference,
  summariseAllEpisodes,
  type Candidate,
  type CandidateComparison,
  type CandidateId,
  type MeasuredDifference,
  type RunState,
} from '@policybook/engine';
import { formatNumeral, formatQuantity } from '@policybook/protocol';
import { formatProbability } from './episode-evidence';
import { quote, quoteInLine } from './quoted';

/** Policies whose rows are kept longest, besides those that were the best: the best estimates, and the latest. */
const BEST_KEPT = 5;
const LATEST_KEPT = 8;
/** The characters of an idea in its row. */
const IDEA_LENGTH = 160;

/** What the rows of a table have in common. */
interface TableContext {
  readonly state: RunState;
  readonly head: CandidateId | null;
  readonly comparisons: ReadonlyMap<CandidateId, CandidateComparison>;
  /** Policies that are the best or were it. */
  readonly heads: ReadonlySet<CandidateId>;
  /** Whether any policy came with a predicted gain. */
  readonly hasExpected: boolean;
}

/**
 * Formats the table in so many characters; the oldest policies without effect are counted instead, where not all have room.
 * `null` where there is no policy.
 */
export function formatIdeas(state: RunState, head: CandidateId | null, room: number): string | null {
  const candidates = [...state.candidates.values()];
  if (candidates.length === 0) return null;
  const listed = head === null ? [] : compareWith(state, head);
  const context: TableContext = {
    state,
    head,
    comparisons: new Map(listed.map((comparison) => [comparison.candidate, comparison])),
    heads: new Set(state.headHistory.map(({ candidate }) => candidate)),
    hasExpected: candidates.some(({ expected }) => expected !== null),
  };
  const kept = new Set([
    ...context.heads,
    ...listed.slice(0, BEST_KEPT).map(({ candidate }) => candidate),
    ...candidates.slice(-LATEST_KEPT).map(({ id }) => id),
  ]);
  const rows = candidates.map((candidate) => ({ candidate, text: formatRow(context, candidate) }));
  let length =
    formatTable(
      context,
      rows.map(({ text }) => text),
      [],
    ).length - room;
  const counted = rows
    .filter(({ candidate }) => !kept.has(candidate.id))
    .filter(({ text }) => {
      const isCounted = length > 0;
      // A row stands in the table with its mark and its line end.
      if (isCounted) length -= text.length + 3;
      return isCounted;
    })
    .map(({ candidate }) => candidate);
  const shown = rows.filter(({ candidate }) => !counted.includes(candidate));
  return formatTable(
    context,
    shown.map(({ text }) => text),
    counted,
  );
}

function formatTable(context: TableContext, rows: readonly string[], counted: readonly Candidate[]): string {
  const { head, hasExpected } = context;
  const columns = [
    'policy',
    'idea',
    'made of',
    ...(hasExpected ? ['expected gain'] : []),
    'difference to what it was made of',
    ...(head === null ? [] : [`difference to @${head}`, 'probability that it is better']),
    'mean return',
    'episodes',
    'what came of it',
  ];
  const heading = [`| ${columns.join(' | ')} |`, `|${columns.map(() => '---').join('|')}|`];
  const table = quote([...heading, ...rows].join('\n'), Infinity);
  return counted.length === 0 ? table : `${table}\n\n${formatCounted(counted)}`;
}

/** Formats as "31 earlier policies without effect have no row: 12 worse, 9 dropped". */
function formatCounted(counted: readonly Candidate[]): string {
  const counts = new Map<string, number>();
  for (const { verdict, duplicateOf } of counted) {
    const kind = duplicateOf === null ? KINDS[verdict ?? 'open'] : 'the same as another';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const list = [...counts].sort(([a, one], [b, two]) => two - one || (a < b ? -1 : 1));
  const has = counted.length === 1 ? 'has' : 'have';
  return `${formatQuantity(counted.length, 'earlier policy', 'earlier policies')} without effect ${has} no row: ${list.map(([kind, count]) => `${count} ${kind}`).join(', ')}.`;
}

const KINDS: Readonly<Record<NonNullable<Candidate['verdict']> | 'open', string>> = {
  better: 'better than the best of its time',
  first: 'the first best',
  worse: 'worse',
  equivalent: 'no different within what matters',
  undecided: 'undecided',
  dropped: 'dropped in training',
  rejected: 'not playable',
  open: 'not compared',
};

function formatRow(context: TableContext, candidate: Candidate): string {
  const { state, head, comparisons, hasExpected } = context;
  const { id, label, idea, parent, joined, expected } = candidate;
  const comparison = comparisons.get(id);
  const summary = summariseAllEpisodes(state, candidate);
  const made = [parent, joined].flatMap((each) => (each === null ? [] : [`@${each}`])).join(' and ');
  const toParent = parent === null ? null : measureDifference(state, id, parent);
  const cells = [
    `@${id}`,
    `${quoteCell(label, 60)}: ${quoteCell(idea, IDEA_LENGTH)}`,
    made,
    ...(hasExpected ? [expected === null ? '' : formatSigned(expected)] : []),
    toParent === null ? '' : formatMeasured(toParent),
    ...(head === null ? [] : formatAgainstHead(head, parent, comparison)),
    summary === null ? '' : formatNumeral(summary.mean, 5),
    summary === null ? '0' : String(summary.episodes),
    formatOutcome(context, candidate),
  ];
  return `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |').replaceAll('|  |', '| |');
}

/** The two cells that compare with the best policy. */
function formatAgainstHead(
  head: CandidateId,
  parent: CandidateId | null,
  comparison: CandidateComparison | undefined,
): readonly [string, string] {
  if (comparison === undefined) return ['', ''];
  const difference = parent === head ? 'the same' : formatMeasured(comparison);
  return [difference, formatProbability(comparison.probabilityBetter)];
}

/** Formats as "-12.3 ± 4.5 (40)", the number of common seeds at the end. */
function formatMeasured({ difference, standardError, pairs }: MeasuredDifference): string {
  if (difference === null) return '';
  const error = standardError === null ? '' : ` ± ${formatNumeral(standardError, 3)}`;
  return `${formatSigned(difference)}${error} (${pairs})`;
}

function formatSigned(value: number): string {
  return `${value > 0 ? '+' : ''}${formatNumeral(value, 4)}`;
}

/** Says undecided where it is: episodes that do not distinguish two policies say nothing against the new one. */
function formatOutcome({ state, head, heads }: TableContext, candidate: Candidate): string {
  const { id, duplicateOf, failure, verdict } = candidate;
  if (id === findAccepted(state)) return 'the user has accepted it as the result';
  if (candidate.isRejectedByUser) return 'the user has rejected it';
  if (id === head) return 'it is the best';
  if (isUntuned(state, candidate))
    return `not played: it is @${String(duplicateOf)} with other marks, and too few episodes were left to tune them`;
  if (duplicateOf !== null) return `not played: it does what @${duplicateOf} does`;
  if (failure !== null)
    return `it fails (${failure.code}${failure.line === null ? '' : ` in line ${failure.line}`})`;
  if (findGoldenLosses(state, candidate).length > 0) return 'refused by golden cases';
  return heads.has(id) ? 'it was the best before' : KINDS[verdict ?? 'open'];
}

/** Whether a text asks for other constants, and the tuner has not looked for them. */
function isUntuned(state: RunState, candidate: Candidate): boolean {
  return state.settings.tune && !candidate.tuned && isRetuning(state, candidate);
}

/** Foreign text in a cell of a table. */
function quoteCell(text: string, most: number): string {
  return quoteInLine(text, most).replaceAll('|', '/');
}
