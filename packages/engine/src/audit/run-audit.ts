/** How an audit is played: a frozen policy on the seeds of a nonce, next to another policy where that is requested. */
import { countOutside, findReturnBounds, type ReturnBounds } from '../acceptance/return-bounds';
import { scorePairs, computeScore } from '../acceptance/score';
import { summariseAllEpisodes } from '../choice/score-all-episodes';
import type { Audit, CandidateId } from '../events';
import {
  addUsage,
  NO_CLOCK_READINGS,
  UNLIMITED_BUDGET,
  type PolicyFailure,
  type ResourceUsage,
} from '@policybook/protocol';
import { findLongestEpisode } from '../budget/budget';
import { FAILED_ACTIONS_HASH } from '../action-hashes';
import { EpisodeRunner } from '../session/episode-runner';
import { listPairedPositions, pickValues, playPaired } from '../session/paired-episodes';
import { RunSession } from '../session/run-session';
import type { StoppedError } from '../session/stopped';
import type { Clock, Evaluator, Journal } from '../ports';
import type { RunSettings } from '../settings';
import type { RunState } from '../state';
import { deriveAuditSeeds, hashEnvironment, hashPolicy } from './seeds';

/** What is known of a policy's world: a run's state, or for a policy by hand what the cell of its environment says. */
export interface AuditContext extends Pick<RunState, 'facts' | 'observed'> {
  readonly settings: Pick<RunSettings, 'environment' | 'policy'> & {
    readonly returns: readonly [number, number] | null;
    readonly acceptance: Pick<RunSettings['acceptance'], 'confidence'>;
  };
}

/** What an audit is to play. */
export interface AuditTask {
  readonly context: AuditContext;
  readonly source: string;
  /** Another policy's text, to be played on the same seeds; `null` for none. */
  readonly against: string | null;
  /** 32 hexadecimal digits, drawn at random after `source` was fixed. */
  readonly nonce: string;
  readonly episodes: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** What an audit has found out, whether or not there is a run that records it. */
export type PlayedAudit = Omit<Audit, 'type' | 'number' | 'candidate' | 'believed' | 'against'> & {
  readonly against: Omit<NonNullable<Audit['against']>, 'candidate'> | null;
};

/** What an audit needs from outside the engine. */
export interface AuditPorts {
  readonly evaluator: Evaluator;
  readonly journal: Pick<Journal, 'keepEpisodes'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called with the episodes done so far, both policies' together. */
  readonly onProgress: (episodes: number, stepsPerSecond: number) => void;
}

/** How an audit ended. */
export interface AuditOutcome {
  /** What was played; `null` when not even one block was. */
  readonly audit: PlayedAudit | null;
  /** Why it ended early; what was played until then counts, or one could stop and start until the result pleases. */
  readonly stopped: StoppedError | null;
  /** The audited policy's first failure; `null` where it never failed. */
  readonly failure: PolicyFailure | null;
  /** What ended the episode that was lost last to a fault of the environment; empty where none was. */
  readonly fault: string;
}

/** The number of seeds between two looks at Stop. */
const BLOCK_EPISODES = 50;

/** What has been played so far. */
interface Tally {
  readonly seeds: number[];
  readonly returns: number[];
  readonly actions: string[];
  readonly against: { readonly seeds: number[]; readonly returns: number[] };
  failure: PolicyFailure | null;
  usage: ResourceUsage;
}

/** Plays the seeds in order, in blocks; intervals hold wherever it stops (see `acceptance/betting.ts`). */
export async function runAudit(task: AuditTask, ports: AuditPorts): Promise<AuditOutcome> {
  const { context } = task;
  const { environment, policy: limits } = context.settings;
  const { evaluator, journal, clock, signal, onProgress } = ports;
  // Ends the requests of both policies where one of them fails.
  const session = new RunSession({
    clock,
    signal,
    before: NO_CLOCK_READINGS,
    budget: UNLIMITED_BUDGET,
    reproduces: null,
  });
  const { usage } = session;
  const runner = new EpisodeRunner({
    evaluator,
    journal,
    environment,
    limits,
    longestEpisode: findLongestEpisode(context.facts),
    signal: session.signal,
    usage,
    onWork: ({ work, stepsPerSecond }) => {
      onProgress(work.episodes, stepsPerSecond);
    },
  });
  const key = {
    policy: hashPolicy(task.source),
    environment: hashEnvironment(environment),
    nonce: task.nonce,
  };
  const seeds = deriveAuditSeeds(key, task.episodes);
  // What a failed episode counts as has to be known before the first one.
  const worst = findReturnBounds(context, context.observed === null ? [0] : []).low;
  const against = { seeds: [], returns: [] };
  const tally: Tally = { seeds: [], returns: [], actions: [], against, failure: null, usage: {} };
  const stopped = await session.run(async () => {
    for (let start = 0; start < seeds.length; start += BLOCK_EPISODES) {
      const before = tally.usage;
      await playBlock(runner, task, seeds.slice(start, start + BLOCK_EPISODES), worst, tally);
      session.judgeLosses({
        played: (tally.usage.episodes ?? 0) - (before.episodes ?? 0),
        lost: (tally.usage.lost ?? 0) - (before.lost ?? 0),
      });
    }
    return null;
  });
  if (tally.returns.length === 0) return { audit: null, stopped, failure: tally.failure, fault: usage.fault };
  const level = usage.isolationLevel === undefined ? {} : { isolationLevel: usage.isolationLevel };
  return {
    audit: { ...key, ...concludeAudit(task, seeds, tally), ...level },
    stopped,
    failure: tally.failure,
    fault: usage.fault,
  };
}

async function playBlock(
  runner: EpisodeRunner,
  { source, against, context }: AuditTask,
  seeds: readonly number[],
  worst: number,
  tally: Tally,
): Promise<void> {
  const texts = against === null ? [source] : [source, against];
  const [played, other] = await playPaired<number>(
    texts.map((text) => (each) => runner.playThrough(text, each, worst)),
    seeds,
    context.settings,
  );
  tally.seeds.push(...(played?.seeds ?? []));
  tally.returns.push(...(played?.returns ?? []));
  tally.actions.push(...(played?.actions ?? []));
  tally.against.seeds.push(...(other?.seeds ?? []));
  tally.against.returns.push(...(other?.returns ?? []));
  tally.failure ??= played?.failure ?? null;
  tally.usage = addUsage(tally.usage, addUsage(played?.usage ?? {}, other?.usage ?? {}));
}

function concludeAudit(
  { context, against, episodes, versions }: AuditTask,
  drawn: readonly number[],
  tally: Tally,
): Omit<PlayedAudit, 'policy' | 'environment' | 'nonce'> {
  const { confidence } = context.settings.acceptance;
  // Without any return of the run, only the audit's own can say where returns lie.
  const bounds = findReturnBounds(
    context,
    context.observed === null ? [...tally.returns, ...tally.against.returns] : [],
  );
  const clipped = countOutside([...tally.returns, ...tally.against.returns], bounds);
  const failed = tally.actions.filter((hash) => hash === FAILED_ACTIONS_HASH).length;
  return {
    requestedEpisodes: episodes,
    score: computeScore(tally.returns, bounds, confidence),
    bounds: { ...bounds, ...(clipped > 0 && { clipped }) },
    returns: tally.returns,
    actions: tally.actions.join(''),
    ...noteReplaced(tally.seeds, drawn),
    ...(failed > 0 && { failed }),
    against: against === null ? null : comparePaired(context, tally, drawn, bounds),
    versions: { ...versions },
    ...(context.facts.unrepeatable !== undefined && { unrepeatable: context.facts.unrepeatable }),
    usage: tally.usage,
  };
}

function comparePaired(
  { settings: { acceptance, environment } }: AuditContext,
  { seeds, returns, against }: Tally,
  drawn: readonly number[],
  bounds: ReturnBounds,
): NonNullable<PlayedAudit['against']> {
  const pairs = listPairedPositions([seeds, against.seeds], environment);
  const sides = [pickValues(returns, pairs), pickValues(against.returns, pairs)] as const;
  return {
    score: computeScore(against.returns, bounds, acceptance.confidence),
    returns: against.returns,
    ...noteReplaced(against.seeds, drawn),
    difference: scorePairs(...sides, bounds, acceptance.confidence),
  };
}

/** Names the seeds that were played where they are not those that were drawn. */
function noteReplaced(seeds: readonly number[], drawn: readonly number[]): { seeds?: number[] } {
  return seeds.every((seed, at) => seed === drawn[at]) ? {} : { seeds: [...seeds] };
}

/** The policies of a run that an audit has played: the audited one and the one on the same seeds. */
export interface AuditedCandidates {
  readonly candidate: CandidateId;
  /** `null` where the audit had no other policy. */
  readonly against: CandidateId | null;
}

/** Makes the event by which a run records an audit of one of its candidates. */
export function createAuditEvent(
  state: RunState,
  { candidate, against }: AuditedCandidates,
  played: PlayedAudit,
): Audit {
  const audited = state.candidates.get(candidate);
  const believed = audited?.score ?? null;
  const chosenBy = audited === undefined || believed !== null ? null : summariseAllEpisodes(state, audited);
  return {
    ...played,
    type: 'audited',
    number: state.audits.length + 1,
    candidate,
    believed,
    ...(chosenBy !== null && { whileChoosing: { mean: chosenBy.mean, episodes: chosenBy.episodes } }),
    against: played.against === null || against === null ? null : { ...played.against, candidate: against },
  };
}
