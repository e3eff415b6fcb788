/** A comparison as two outputs: its performance profiles, and its tables. */
import { formatLost, hasOnlyFailed, type ComparisonState, type Conclusion } from '@policybook/engine';
import { buildComparisonFigure } from './comparison-figure';
import { type TableRows, buildResultRows, hasFailedEverywhere, buildUsageRows } from './comparison-rows';
import { formatIsolation, formatUnrepeatable } from './warnings';
import { type MimeBundle, buildFigureBundle } from './mime-bundle';
import { formatCount, formatInterval, formatMean, formatQuantity, formatReturn } from './numbers';
import { BROKEN_STATUS } from './runs-bundle';
import type { PlotlyFigure } from './plotly-figure';
import {
  escapeMarkdown,
  formatAlignedTable,
  formatMarkdownTable,
  MAX_MESSAGE_CHARACTERS,
  toOneLine,
} from './text';

/** Fewer replicates say little of a method; see `claims` of the notes. */
const MIN_REPLICATES = 10;

const EVERY_EPISODE_FAILED = 'every episode failed';

/** Builds the output with the performance profiles; `png` is its picture, base64, where one was drawn. */
export function buildComparisonFigureBundle(
  state: ComparisonState,
  conclusion: Conclusion | null,
  png?: string,
): MimeBundle {
  const title = formatComparisonTitle(state, conclusion);
  const label = `Share of episodes above each return, a curve for each of ${state.settings.contestants.length} contestants: ${title}`;
  return buildFigureBundle(drawComparison(state, conclusion), { title, label, text: title }, png);
}

/** Builds the figure of which the picture is drawn. */
export function drawComparison(state: ComparisonState, conclusion: Conclusion | null): PlotlyFigure {
  return buildComparisonFigure(formatComparisonTitle(state, conclusion), state, conclusion);
}

/** Formats a comparison's title, as "bench · LunarLander-v3 · first leads with 271.3 [262.0, 279.5] over 200 seeds"; an undecided lead "leads, not decided, with". */
export function formatComparisonTitle(state: ComparisonState, conclusion: Conclusion | null): string {
  const { comparison, settings } = state;
  const leader = findLeader(conclusion);
  const said =
    leader === undefined
      ? hasOnlyFailed(state)
        ? EVERY_EPISODE_FAILED
        : 'nothing played yet'
      : `${toOneLine(leader.name, 40)} ${isDecided(leader.name, conclusion) ? 'leads with' : 'leads, not decided, with'} ${formatMean(leader.score)} ${formatInterval(leader.score)} over ${formatQuantity(leader.score.episodes, 'seed')}`;
  return [comparison, toOneLine(settings.environmentName, 60), said].join(' · ');
}

/** Builds the output with the tables. `activity` is what is being done now; empty when nothing is. */
export function buildComparisonTableBundle(
  state: ComparisonState,
  conclusion: Conclusion | null,
  activity: string,
): MimeBundle {
  const line = formatComparisonTitle(state, conclusion);
  const tables = [
    ...(conclusion === null ? [] : [buildResultRows(state, conclusion)]),
    ...(state.policies.length === 0 ? [] : [buildUsageRows(state, conclusion)]),
  ];
  const notes = [...(activity === '' ? [] : [activity]), ...listComparisonNotes(state, conclusion)];
  return {
    'text/markdown': [
      `**${escapeMarkdown(line, MAX_MESSAGE_CHARACTERS)}**`,
      ...tables.map(({ head, rows }) => formatMarkdownTable(head, rows)),
      notes.map((note) => `- ${escapeMarkdown(note, MAX_MESSAGE_CHARACTERS)}`).join('\n'),
    ].join('\n\n'),
    'text/plain': [line, ...tables.map(formatPlainTable), notes.map((note) => `  ${note}`).join('\n')].join(
      '\n\n',
    ),
  };
}

function formatPlainTable({ head, rows }: TableRows): string {
  return formatAlignedTable(head, rows);
}

/** What keeps each policy that fails from playing; `consequence` ends the sentence. */
function formatFailures({ policies }: ComparisonState, consequence: string): readonly string[] {
  return policies.flatMap(({ contestant, replicate, failure }) => {
    if (failure === null) return [];
    const which = countReplicates(policies, contestant) > 1 ? `, replicate ${replicate},` : '';
    return [
      `${toOneLine(contestant, 40)}${which} fails: ${toOneLine(failure.message, 160).replace(/\.$/, '')}${consequence}`,
    ];
  });
}

/** Says which action each `constant` baseline holds, and what it does where that one is not legal. */
function formatConstants({ policies, settings }: ComparisonState): readonly string[] {
  return settings.contestants.flatMap(({ name, origin }) => {
    if (origin.kind !== 'baseline' || origin.baseline !== 'constant') return [];
    const [held] = policies.filter(({ contestant }) => contestant === name);
    return held === undefined
      ? []
      : [`${toOneLine(name, 40)} plays ${toOneLine(held.label, 80)} in every step`];
  });
}

/** How many episodes of each policy the environment's faults ended, and what ended the last of all. */
function formatLosses({ policies, lost }: ComparisonState): readonly string[] {
  if (lost === null) return [];
  const each = policies.flatMap(({ contestant, replicate, returns, lost: own }) => {
    if (own === 0) return [];
    const which = countReplicates(policies, contestant) > 1 ? `, replicate ${replicate}` : '';
    return [`${toOneLine(contestant, 40)}${which}: ${formatLost(own, returns.length + own, '')}`];
  });
  return [...each, `the last episode that was lost: ${toOneLine(lost.fault, 160)}`];
}

/** Lists what a reader has to know in addition to the numbers. */
function listComparisonNotes(state: ComparisonState, conclusion: Conclusion | null): readonly string[] {
  if (conclusion === null) return formatFailures(state, '');
  const { settings, stopped } = state;
  const { bounds, contestants, episodes } = conclusion;
  const range = `${formatReturn(bounds.low)} to ${formatReturn(bounds.high)}`;
  const few = contestants.filter((each) => each.replicates > 1 && each.replicates < MIN_REPLICATES);
  const confinement = formatIsolation(state.isolationLevel);
  const percent = formatReturn(100 * settings.confidence);
  return [
    ...(episodes < settings.episodes
      ? [
          `${formatCount(episodes)} of the ${formatQuantity(settings.episodes, 'seed')} asked for are played by all`,
        ]
      : []),
    `${formatUnrepeatable(state.facts, 'all play the same seeds in other episodes, and differences are not paired') ?? 'all play the same seeds'}; an interval holds at ${percent} % for itself${bounds.assumed ? `, returns assumed to lie in ${range} and no farther from those of the compared than three times their range` : ''}`,
    ...(confinement === null ? [] : [confinement]),
    ...few.map(
      ({ name, replicates: count }) =>
        `${toOneLine(name, 40)} stands on ${formatQuantity(count, 'replicate')}: its intervals over replicates are too narrow below about ${MIN_REPLICATES}`,
    ),
    ...formatConstants(state),
    ...formatLosses(state),
    ...formatFailures(state, `; a failed episode counts as ${formatReturn(bounds.low)}`),
    ...(stopped === null || stopped.reason === 'finished'
      ? []
      : [toOneLine(stopped.message, MAX_MESSAGE_CHARACTERS)]),
  ];
}

/** A comparison in the list. `comparison` is its present name, `bench~1` for one that gave up its name. */
export interface ListedComparison {
  readonly comparison: string;
  readonly state: ComparisonState;
  /** Whether the record cannot be read to its end; such a comparison is not under way. */
  readonly isBroken?: boolean;
}

/** Builds the list of comparisons that `%runs` shows below the runs. */
export function buildComparisonsBundle(listed: readonly ListedComparison[]): MimeBundle {
  const head = ['comparison', 'environment', 'status', 'contestants', 'seeds', 'leader'];
  const rows = listed.map(({ comparison, state, isBroken }) => {
    const conclusion = state.stopped?.conclusion ?? null;
    const leader = findLeader(conclusion);
    return [
      comparison,
      toOneLine(state.settings.environmentName, 60),
      isBroken === true ? BROKEN_STATUS : (state.stopped?.reason ?? 'running'),
      String(state.settings.contestants.length),
      formatCount(conclusion?.episodes ?? 0),
      leader === undefined
        ? hasOnlyFailed(state)
          ? EVERY_EPISODE_FAILED
          : 'none yet'
        : `${toOneLine(leader.name, 40)} ${formatMean(leader.score)} ${formatInterval(leader.score)}`,
    ];
  });
  return { 'text/markdown': formatMarkdownTable(head, rows), 'text/plain': formatAlignedTable(head, rows) };
}

function findLeader(conclusion: Conclusion | null): Conclusion['contestants'][number] | undefined {
  if (conclusion === null) return undefined;
  return conclusion.contestants
    .filter((each) => !hasFailedEverywhere(each, conclusion))
    .sort((a, b) => b.score.mean - a.score.mean)[0];
}

/** Whether the leader is better than each of the others: no interval of a difference holds zero. */
function isDecided(leader: string, conclusion: Conclusion | null): boolean {
  return (conclusion?.pairs ?? []).every(({ first, second, difference: { low, high } }) => {
    if (first === leader) return low > 0;
    return second !== leader || high < 0;
  });
}

function countReplicates(policies: ComparisonState['policies'], contestant: string): number {
  return policies.filter((policy) => policy.contestant === contestant).length;
}
