/** A repeated run: the plot of all its replicates, and a table of them. */
import {
  bootstrapInterval,
  createRandomStream,
  computeInterquartileMean,
  isFinished,
} from '@policybook/engine';
import { type MimeBundle, buildFigureBundle } from './mime-bundle';
import { formatCount, formatInterval, formatMean, formatMeasured, formatQuantity } from './numbers';
import { type ReplicateRun, buildReplicatesFigure } from './replicates-figure';
import { formatStatus } from './run-text';
import {
  escapeMarkdown,
  formatAlignedTable,
  formatMarkdownTable,
  toOneLine,
  MAX_MESSAGE_CHARACTERS,
} from './text';
import { findScoredHead, formatReference } from './champion-history';

/** A repeated run: its name and its replicates so far. */
export interface ReplicatedRun {
  readonly run: string;
  /** Number of replicates that are wanted. */
  readonly repeat: number;
  /** The replicates that were begun, in their order. */
  readonly replicates: readonly ReplicateRun[];
  /** What is being done now; empty when nothing is. */
  readonly activity: string;
}

/** What the replicates' champions come to. */
export interface ReplicatesSummary {
  readonly iqm: number;
  readonly low: number;
  readonly high: number;
  readonly replicates: number;
  /** How many of them count with the episodes by which their policy was chosen, because it was not measured. */
  readonly unmeasured: number;
}

/** Summarises a repeated run; `null` before two replicates have ended with a champion, as one says nothing of the next. */
export function summariseReplicates({ run, replicates }: ReplicatedRun): ReplicatesSummary | null {
  const ended = replicates.filter(({ state }) => isFinished(state));
  const heads = ended.flatMap(({ state }) => findScoredHead(state) ?? []);
  const means = heads.map(({ score }) => score.mean);
  const confidence = ended[0]?.state.settings.acceptance.confidence;
  if (means.length < 2 || confidence === undefined) return null;
  const random = createRandomStream('repeats', run, means.length);
  const interval = bootstrapInterval(
    [means],
    ([drawn = []]) => computeInterquartileMean(drawn),
    confidence,
    random,
  );
  return {
    iqm: computeInterquartileMean(means),
    ...interval,
    replicates: means.length,
    unmeasured: heads.filter(({ isMeasured }) => !isMeasured).length,
  };
}

/** Formats what replicates have in common, as "interquartile mean 268.1 [260.4, 275.0] of 5 replicates". */
export function formatSummary(summary: ReplicatesSummary | null): string {
  if (summary === null) return 'no two replicates have ended yet';
  const { iqm, low, high, replicates, unmeasured } = summary;
  const score = { mean: iqm, low, high, episodes: replicates };
  return `interquartile mean ${formatMean(score)} ${formatInterval(score)} of ${replicates} replicates${unmeasured === 0 ? '' : `, ${unmeasured} of which ${unmeasured === 1 ? 'has' : 'have'} only a score while choosing, which flatters`}`;
}

/** Builds the output with all replicates' curves; `png` is its picture, base64, where one was drawn. */
export function buildReplicatesFigureBundle(
  replicated: ReplicatedRun,
  summary: ReplicatesSummary | null,
  png?: string,
): MimeBundle {
  const title = formatReplicatesTitle(replicated, summary);
  const label = `Return of the champions of ${replicated.run} over episodes: ${formatSummary(summary)}`;
  return buildFigureBundle(
    buildReplicatesFigure(title, replicated.replicates),
    { title, label, text: title },
    png,
  );
}

/** Formats the title of a repeated run's plot, which says what its replicates came to. */
export function formatReplicatesTitle(replicated: ReplicatedRun, summary: ReplicatesSummary | null): string {
  const environment = replicated.replicates[0]?.state.settings.environmentName;
  return [replicated.run, ...(environment === undefined ? [] : [environment]), formatSummary(summary)].join(
    ' · ',
  );
}

const REPLICATES_HEAD = ['replicate', 'status', 'best', 'score in the run', 'lines', 'episodes', 'steps'];

/** Builds the output with one row a replicate and what they come to. */
export function buildReplicatesTableBundle(
  replicated: ReplicatedRun,
  summary: ReplicatesSummary | null,
): MimeBundle {
  const { run, repeat, replicates, activity } = replicated;
  const rows = replicates.map(formatReplicateRow);
  const ended = replicates.filter(({ state }) => isFinished(state)).length;
  const line = `${run}: ${ended} of ${formatQuantity(repeat, 'replicate', 'replicates')} ended, ${formatSummary(summary)}`;
  const limitation = replicates.find(({ state }) => state.limitation !== null)?.state.limitation ?? null;
  const first = limitation === null ? [] : [toOneLine(limitation, MAX_MESSAGE_CHARACTERS)];
  const notes = [
    ...(activity === '' ? [] : [activity]),
    `%attach ${run}/1 shows a replicate, ${run}/1@7 is a policy of it; %%compare plays the best of each on fresh seeds`,
  ];
  return {
    'text/markdown': [
      ...first.map((text) => escapeMarkdown(text, MAX_MESSAGE_CHARACTERS)),
      `**${escapeMarkdown(line, MAX_MESSAGE_CHARACTERS)}**`,
      formatMarkdownTable(REPLICATES_HEAD, rows),
      notes.map((note) => `- ${escapeMarkdown(note, MAX_MESSAGE_CHARACTERS)}`).join('\n'),
    ].join('\n\n'),
    'text/plain': [
      ...first,
      line,
      formatAlignedTable(REPLICATES_HEAD, rows),
      ...notes.map((note) => `  ${note}`),
    ].join('\n'),
  };
}

function formatReplicateRow({ run, state }: ReplicateRun): readonly string[] {
  const head = findScoredHead(state);
  return [
    run,
    formatStatus(state.stopped?.reason ?? 'running'),
    head ? `${formatReference(run, head.candidate.id)} ${toOneLine(head.candidate.label, 40)}` : 'none yet',
    head ? formatMeasured(head) : '',
    head ? formatCount(head.candidate.size.lines) : '',
    formatCount(state.usage.episodes),
    formatCount(state.usage.steps),
  ];
}
