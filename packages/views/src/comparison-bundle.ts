/** A comparison as two outputs: its performance profiles, and its tables. */
import type { ComparisonState, Conclusion } from '@policybook/engine';
import { comparisonFigure } from './comparison-figure';
import { costRows, resultRows, type Rows } from './comparison-rows';
import { confinementWords } from './confinement-words';
import { figureBundle } from './figure-bundle';
import type { MimeBundle } from './mime-bundle';
import { countWords, intervalWords, meanWords, plural, returnWords } from './numbers';
import type { PlotlyFigure } from './plotly-figure';
import { markdownText, oneLine } from './safe-text';
import { alignedTable, markdownTable } from './text-table';

/** Fewer searches say little of a method; see `claims` of the notes. */
const fewestSearches = 10;

export function comparisonFigureBundle(
  state: ComparisonState,
  conclusion: Conclusion | null,
  png?: string,
): MimeBundle {
  const title = comparisonTitle(state, conclusion);
  const label = `Share of episodes above each return, a curve for each of ${state.settings.contestants.length} contestants: ${title}`;
  return figureBundle(comparisonPicture(state, conclusion), { title, label, text: title }, png);
}

/** What the picture is drawn of. */
export function comparisonPicture(state: ComparisonState, conclusion: Conclusion | null): PlotlyFigure {
  return comparisonFigure(comparisonTitle(state, conclusion), state, conclusion);
}

/** "bench · LunarLander-v3 · first leads with 271.3 [262.0, 279.5] over 200 seeds" */
export function comparisonTitle(state: ComparisonState, conclusion: Conclusion | null): string {
  const { comparison, settings } = state;
  const leader = leaderOf(conclusion);
  const said =
    leader === undefined
      ? 'nothing played yet'
      : `${oneLine(leader.name, 40)} leads with ${meanWords(leader.score)} ${intervalWords(leader.score)} over ${plural(leader.score.episodes, 'seed')}`;
  return [comparison, oneLine(settings.environmentName, 60), said].join(' · ');
}

/** `activity`: what is being done now; empty when nothing is. */
export function comparisonTableBundle(
  state: ComparisonState,
  conclusion: Conclusion | null,
  activity: string,
): MimeBundle {
  const line = comparisonTitle(state, conclusion);
  const tables = [
    ...(conclusion === null ? [] : [resultRows(state, conclusion)]),
    ...(state.policies.length === 0 ? [] : [costRows(state)]),
  ];
  const notes = [...(activity === '' ? [] : [activity]), ...notesOf(state, conclusion)];
  return {
    'text/markdown': [
      `**${markdownText(line, 240)}**`,
      ...tables.map(({ head, rows }) => markdownTable(head, rows)),
      notes.map((note) => `- ${markdownText(note, 300)}`).join('\n'),
    ].join('\n\n'),
    'text/plain': [line, ...tables.map(plainTable), notes.map((note) => `  ${note}`).join('\n')].join('\n\n'),
  };
}

function plainTable({ head, rows }: Rows): string {
  return alignedTable(head, rows);
}

/** What a reader has to know beside the numbers. */
function notesOf(state: ComparisonState, conclusion: Conclusion | null): readonly string[] {
  if (conclusion === null) return [];
  const { settings, policies: members, stopped } = state;
  const { bounds, contestants, episodes } = conclusion;
  const range = `${returnWords(bounds.low)} to ${returnWords(bounds.high)}`;
  const few = contestants.filter((each) => each.replicates > 1 && each.replicates < fewestSearches);
  const failing = members.filter(({ failure }) => failure !== null);
  const confinement = confinementWords(state.isolationLevel);
  const percent = returnWords(100 * settings.confidence);
  return [
    ...(episodes < settings.episodes
      ? [`${countWords(episodes)} of the ${plural(settings.episodes, 'seed')} asked for are played by all`]
      : []),
    `all play the same seeds; an interval holds at ${percent} % for itself${bounds.assumed ? `, returns assumed to lie in ${range}` : ''}`,
    ...(confinement === null ? [] : [confinement]),
    ...few.map(
      ({ name, replicates: count }) =>
        `${oneLine(name, 40)} stands on ${count} searches: its intervals over searches are too narrow below about ${fewestSearches}`,
    ),
    ...failing.map(
      ({ contestant, replicate: member, failure }) =>
        `${oneLine(contestant, 40)}${countOf(members, contestant) > 1 ? `, policy ${member},` : ''} fails: ${oneLine(failure?.message ?? '', 160)} A failed episode counts as ${returnWords(bounds.low)}`,
    ),
    ...(stopped === null || stopped.reason === 'finished' ? [] : [oneLine(stopped.message, 240)]),
  ];
}

/** The list that `%runs` shows below the runs; `comparison` is the name by now, `bench~1` for a superseded one. */
export function comparisonsBundle(
  listed: readonly { readonly comparison: string; readonly state: ComparisonState }[],
): MimeBundle {
  const head = ['comparison', 'environment', 'status', 'contestants', 'seeds', 'leader'];
  const rows = listed.map(({ comparison, state }) => {
    const conclusion = state.stopped?.conclusion ?? null;
    const leader = leaderOf(conclusion);
    return [
      comparison,
      oneLine(state.settings.environmentName, 60),
      state.stopped?.reason ?? 'running',
      String(state.settings.contestants.length),
      countWords(conclusion?.episodes ?? 0),
      leader === undefined
        ? 'none yet'
        : `${oneLine(leader.name, 40)} ${meanWords(leader.score)} ${intervalWords(leader.score)}`,
    ];
  });
  return { 'text/markdown': markdownTable(head, rows), 'text/plain': alignedTable(head, rows) };
}

function leaderOf(conclusion: Conclusion | null): Conclusion['contestants'][number] | undefined {
  return [...(conclusion?.contestants ?? [])].sort((a, b) => b.score.mean - a.score.mean)[0];
}

function countOf(members: ComparisonState['policies'], contestant: string): number {
  return members.filter((member) => member.contestant === contestant).length;
}
