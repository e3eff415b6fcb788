/** A repeated run: the plot of all its searches, and a table of them. */
import { bootstrapInterval, createRandomStream, interquartileMean, type RunState } from '@policybook/engine';
import { figureBundle } from './figure-bundle';
import type { MimeBundle } from './mime-bundle';
import { countWords, intervalWords, meanWords, plural, scoreWords } from './numbers';
import { repeatsFigure, type Search } from './repeats-figure';
import { statusWords } from './run-status';
import { markdownText, oneLine } from './safe-text';
import { championOf, referenceOf } from './standing';
import { alignedTable, markdownTable } from './text-table';

export interface Repeats {
  readonly run: string;
  /** Searches that are asked for. */
  readonly repeat: number;
  /** Those that were begun, in order. */
  readonly searches: readonly Search[];
  /** What is being done now; empty when nothing is. */
  readonly activity: string;
}

/** What the searches' champions come to. */
export interface RepeatsSummary {
  readonly iqm: number;
  readonly low: number;
  readonly high: number;
  readonly searches: number;
}

/** `null` before two searches have ended with a champion: one says nothing of the next. */
export function summarised({ run, searches }: Repeats): RepeatsSummary | null {
  const ended = searches.filter(({ state }) => hasEnded(state));
  const means = ended.flatMap(({ state }) => championOf(state)?.score.mean ?? []);
  const confidence = ended[0]?.state.settings.acceptance.confidence;
  if (means.length < 2 || confidence === undefined) return null;
  const random = createRandomStream('repeats', run, means.length);
  const interval = bootstrapInterval([means], ([drawn = []]) => interquartileMean(drawn), confidence, random);
  return { iqm: interquartileMean(means), ...interval, searches: means.length };
}

/** "interquartile mean 268.1 [260.4, 275.0] of 5 searches" */
export function summaryWords(summary: RepeatsSummary | null): string {
  if (summary === null) return 'no two searches have ended yet';
  const { iqm, low, high, searches } = summary;
  const score = { mean: iqm, low, high, episodes: searches };
  return `interquartile mean ${meanWords(score)} ${intervalWords(score)} of ${searches} searches`;
}

export function repeatsFigureBundle(
  repeats: Repeats,
  summary: RepeatsSummary | null,
  png?: string,
): MimeBundle {
  const title = titleOf(repeats, summary);
  const label = `Return of the champions of ${repeats.run} over episodes: ${summaryWords(summary)}`;
  return figureBundle(repeatsFigure(title, repeats.searches), { title, label, text: title }, png);
}

/** Also what the picture is drawn of. */
export function titleOf(repeats: Repeats, summary: RepeatsSummary | null): string {
  const environment = repeats.searches[0]?.state.settings.environmentName;
  return [repeats.run, ...(environment === undefined ? [] : [environment]), summaryWords(summary)].join(
    ' · ',
  );
}

const head = ['search', 'status', 'champion', 'as the search believes', 'lines', 'episodes', 'steps'];

export function repeatsTableBundle(repeats: Repeats, summary: RepeatsSummary | null): MimeBundle {
  const { run, repeat, searches, activity } = repeats;
  const rows = searches.map(cells);
  const ended = searches.filter(({ state }) => hasEnded(state)).length;
  const line = `${run}: ${ended} of ${plural(repeat, 'search', 'searches')} ended, ${summaryWords(summary)}`;
  const notes = [
    ...(activity === '' ? [] : [activity]),
    `%attach ${run}/1 shows a search, ${run}/1@7 is a policy of it; %%compare plays the champions on fresh seeds`,
  ];
  return {
    'text/markdown': [
      `**${markdownText(line, 240)}**`,
      markdownTable(head, rows),
      notes.map((note) => `- ${markdownText(note, 240)}`).join('\n'),
    ].join('\n\n'),
    'text/plain': [line, alignedTable(head, rows), ...notes.map((note) => `  ${note}`)].join('\n'),
  };
}

function cells({ run, state }: Search): readonly string[] {
  const champion = championOf(state);
  return [
    run,
    statusWords(state.stopped?.reason ?? 'running'),
    champion
      ? `${referenceOf(run, champion.candidate.id)} ${oneLine(champion.candidate.label, 40)}`
      : 'none yet',
    champion ? scoreWords(champion.score) : '',
    champion ? countWords(champion.candidate.size.lines) : '',
    countWords(state.usage.episodes),
    countWords(state.usage.steps),
  ];
}

/** By itself: it will not go on. */
function hasEnded({ stopped }: RunState): boolean {
  return stopped?.reason === 'exhausted' || stopped?.reason === 'budget';
}
