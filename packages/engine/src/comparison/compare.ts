/** How a comparison goes: every contestant is brought and frozen, then all play the same fresh seeds, block by block. */
import { UNLIMITED_BUDGET, type EnvironmentFacts } from '@policybook/protocol';
import { FOLDER_FORMAT } from '../events';
import type { Clocks } from '../ports';
import { ActivityReporter } from '../session/activity';
import type { EpisodeRunner, PlayedEpisodes } from '../session/episode-runner';
import { readEpisodeCounts } from '../session/episode-counts';
import { EventLog, type EventRules } from '../session/event-log';
import { formatLost } from '../session/format-lost';
import { playPaired } from '../session/paired-episodes';
import { readRecordedText } from '../session/read-recorded-text';
import { RunSession } from '../session/run-session';
import { createSessionRunner } from '../session/session-runner';
import type { StoppedError } from '../session/stopped';
import { conclude } from './conclude';
import type { ComparisonEvent, ComparisonEventOf } from './events';
import { ContestantLoader } from './load-contestant';
import type { ComparePorts } from './ports';
import { deriveComparisonSeeds } from './seeds';
import { countReplicates, type ComparisonSettings } from './settings';
import {
  advanceComparison,
  foldComparison,
  hasOnlyFailed,
  type ComparedPolicy,
  type ComparisonLine,
  type ComparisonState,
} from './state';

/** What a comparison is to be: its name and resolved settings, and what the environment is like. */
export interface ComparisonDeclaration {
  readonly comparison: string;
  readonly settings: ComparisonSettings;
  readonly facts: EnvironmentFacts;
}

/** How a session of a comparison is begun and ended. */
export interface CompareOptions {
  readonly signal: AbortSignal;
  /** The record of earlier sessions; the caller makes sure that the declaration is the same. */
  readonly resumeFrom: readonly ComparisonLine[];
  /** What the clocks had measured by the last of these lines. */
  readonly clocks: Clocks;
}

/** The number of seeds between two looks at Stop, and between two states in which all policies have played the same. */
const BLOCK_SEEDS = 25;

/** How the log reads the record of a comparison. */
const COMPARISON_RULES: EventRules<ComparisonEvent, ComparisonState> = {
  advance: advanceComparison,
  isOfTheLoop: ({ type }) => type !== 'recomputed_differently',
  isPause: (event) => event.type === 'comparison_stopped' && event.reason !== 'finished',
  describeRecomputed: (event, differences) => ({ type: 'recomputed_differently', event, differences }),
  countEpisodes: readEpisodeCounts,
  describeLost: (episodes, fault) => ({ type: 'episodes_lost', episodes, fault }),
  // Its policies have no numbers by which people could look a slow step up.
  findPolicyNames: () => [],
};

/** What the parts of a comparison work with. */
interface ComparisonContext {
  readonly log: EventLog<ComparisonEvent, ComparisonState>;
  readonly runner: EpisodeRunner;
  readonly journal: Pick<ComparePorts['journal'], 'readPolicy'>;
  /** Says what is being done, for people. */
  readonly announce: (activity: string) => void;
}

/**
 * Compares until all is played, or until it is stopped; what was played by then is concluded from. It starts from its
 * beginning with the record replayed, as runs do. Rejects only when the journal cannot be written or its record does not
 * fit (`RecordDivergedError`).
 */
export async function compare(
  declaration: ComparisonDeclaration,
  ports: ComparePorts,
  options: CompareOptions,
): Promise<ComparisonState> {
  const { resumeFrom: record } = options;
  const before = foldComparison(record);
  if (before?.stopped?.reason === 'finished') return before;
  const { clock, evaluator, journal, observer } = ports;
  const session = new RunSession({
    clock,
    signal: options.signal,
    before: options.clocks,
    budget: UNLIMITED_BUDGET,
    reproduces: null,
  });
  const log = new EventLog({
    rules: COMPARISON_RULES,
    record,
    journal,
    session,
    onEvent: (event, state) => {
      observer.onEvent(event, state);
    },
  });
  const activity = new ActivityReporter((text, { work, stepsPerSecond }) => {
    const { policies, settings } = log.state;
    observer.onProgress({
      activity: text,
      episodes: policies.reduce((sum, { returns }) => sum + returns.length, 0) + work.episodes,
      expectedEpisodes: countPolicies(settings) * settings.episodes,
      stepsPerSecond,
    });
  });
  await log.declare({ type: 'comparison_declared', format: FOLDER_FORMAT, ...declaration });
  const runner = createSessionRunner(log.state, { evaluator, journal: null }, session, activity);
  const announce = (text: string): void => {
    activity.announce(text, log.isReplaying);
  };
  const loader = new ContestantLoader({ ...ports, runner, signal: session.signal, announce });
  const stopped = await session.run(async () => {
    await loadContestants(log, loader);
    await playAll({ log, runner, journal, announce });
    return null;
  });
  const { reason, message } = describeEnd(stopped, log.state);
  return log.stop((state) => ({ type: 'comparison_stopped', reason, message, conclusion: conclude(state) }));
}

function describeEnd(
  stopped: StoppedError | null,
  state: ComparisonState,
): Pick<ComparisonEventOf<'comparison_stopped'>, 'reason' | 'message'> {
  if (stopped === null)
    return {
      reason: 'finished',
      message: hasOnlyFailed(state) ? formatAllFailed(state) : `all of it is played${formatLosses(state)}`,
    };
  return { reason: stopped.reason === 'interrupted' ? 'interrupted' : 'failed', message: stopped.message };
}

/** Says how many episodes the environment's faults ended; empty for none. */
function formatLosses({ lost, policies }: ComparisonState): string {
  const played = policies.reduce((sum, { returns }) => sum + returns.length, 0);
  return lost === null ? '' : `; ${formatLost(lost.episodes, played + lost.episodes, lost.fault)}`;
}

/** Says what kept each contestant from a single return, by name: "… nothing to compare: first: act() raised …; second: …". */
function formatAllFailed({ policies }: ComparisonState): string {
  const causes = policies.map(({ contestant, failure }) => `${contestant}: ${failure?.message ?? 'failed'}`);
  return `every episode failed, so that there is nothing to compare: ${[...new Set(causes)].join('; ')}`;
}

function countPolicies(settings: ComparisonSettings): number {
  return settings.contestants.reduce((sum, contestant) => sum + countReplicates(settings, contestant), 0);
}

/** Loads every contestant's policies, in the order of the declaration. */
async function loadContestants(log: ComparisonContext['log'], loader: ContestantLoader): Promise<void> {
  const { settings } = log.state;
  for (const contestant of settings.contestants)
    for (let replicate = 1; replicate <= countReplicates(settings, contestant); replicate++)
      await log.recordOrReplayMeasured(1, ['contestant_loaded'], async () => [
        await loader.load(log.state, contestant, replicate),
      ]);
}

/** Draws the seeds and plays them, all policies on each block. */
async function playAll(context: ComparisonContext): Promise<void> {
  const { log, journal, announce } = context;
  const { settings, policies } = log.state;
  await log.recordOrReplay(1, ['seeds_drawn'], () => {
    const hashes = policies.map(({ hash }) => hash);
    const seeds = deriveComparisonSeeds(settings.seed, settings.environment, hashes, settings.episodes);
    return Promise.resolve([{ type: 'seeds_drawn' as const, seeds }]);
  });
  const sources = await Promise.all(
    policies.map((policy) => readRecordedText(journal, policy, 'comparison')),
  );
  for (let start = 0; start < settings.episodes; start += BLOCK_SEEDS) {
    const seeds = log.state.seeds.slice(start, start + BLOCK_SEEDS);
    announce(`playing seeds ${start + 1} to ${start + seeds.length}`);
    // The whole block is awaited before any of it is recorded: the record does not depend on which policy was faster.
    await log.recordOrReplay(policies.length, ['block_played'], () => playBlock(context, sources, start));
  }
}

/** Plays the block of seeds that begins at `start` by the texts of all policies. */
async function playBlock(
  { log, runner }: ComparisonContext,
  sources: readonly string[],
  start: number,
): Promise<ComparisonEventOf<'block_played'>[]> {
  const { policies, seeds, settings } = log.state;
  const drawn = seeds.slice(start, start + BLOCK_SEEDS);
  const sides = await playPaired<number | null>(
    sources.map((source) => (each) => runner.playThrough(source, each, null)),
    drawn,
    settings,
  );
  return sides.flatMap((side, index) => {
    const policy = policies[index];
    return policy === undefined ? [] : [createBlock(policy, start, drawn, side)];
  });
}

function createBlock(
  { contestant, replicate }: ComparedPolicy,
  start: number,
  drawn: readonly number[],
  { seeds, returns, failure, usage }: PlayedEpisodes<number | null>,
): ComparisonEventOf<'block_played'> {
  const isAsDrawn = seeds.every((seed, at) => seed === drawn[at]);
  return {
    type: 'block_played',
    contestant,
    replicate,
    start,
    returns: [...returns],
    ...(!isAsDrawn && { seeds: [...seeds] }),
    ...(failure !== null && { failure }),
    usage,
  };
}
