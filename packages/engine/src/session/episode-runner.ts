/**
 * The evaluator as the loop uses it: one signal, failures sorted into the policy's own (values) and all others
 * (the run stops), CPU time and progress added up over requests under way.
 */
import { shortHash } from '../action-hashes';
import { policyHash } from '../audit/seeds';
import {
  policyFailure,
  type EnvironmentSpec,
  type EvaluatorMethod,
  type EvaluatorProgress,
  type IsolationLevel,
  type MethodParams,
  type MethodResult,
  type PolicyFacts,
  type PolicyFailure,
  type PolicyLimits,
  type Failure,
} from '@policybook/protocol';
import { addUsage, trimUsage, type ResourceUsage } from '../resources';
import type { Clock, Evaluator, Journal } from '../ports';
import { whenAborted } from './when-aborted';
import { StoppedError } from './stopped';

/** What came of playing seeds in order, until the policy's first failure or the end of its steps. */
export interface PlayedSeeds {
  readonly returns: readonly number[];
  /** What each episode's actions hash to. */
  readonly actions: readonly string[];
  readonly failure: PolicyFailure | null;
  readonly usage: ResourceUsage;
}

/** What a request may be asked to do otherwise than the run does. */
export interface PlayOptions {
  /** Most steps it may take; `null`, the default, is unlimited. */
  readonly steps?: number | null;
  /** The policy has never been played: one seed goes before all others, so that what cannot run costs one episode. */
  readonly smoke?: boolean;
  /** Other than the run's. */
  readonly environment?: EnvironmentSpec;
}

export type PolicyAnswer<T> =
  { readonly ok: true; readonly value: T } | { ok: false; failure: PolicyFailure };

export interface WorkUnderWay {
  readonly episodes: number;
  readonly steps: number;
}

/** Requests that play no episodes of their own: replays and readings of a text. */
const UNCHARGED_METHODS: ReadonlySet<EvaluatorMethod> = new Set(['actions.compare', 'policy.describe']);

export class EpisodeRunner {
  /** CPU seconds that requests of this sitting took. */
  cpuSeconds = 0;
  /** The lowest level of the jail at which policies ran since the last `settle`. */
  level: IsolationLevel | undefined;
  /** Text -> CPU milliseconds of its slowest step, of texts that came near the limit since the last `settle`. */
  readonly slowestSteps = new Map<string, number>();
  /** Text -> its hash: of a megabyte that is 26 ms, and a text is asked for block by block. */
  private readonly hashes = new Map<string, string>();
  private readonly work = new Map<number, WorkUnderWay>();
  private requests = 0;
  private startedAt = 0;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly journal: Pick<Journal, 'keepEpisodes'>,
    private readonly environment: EnvironmentSpec,
    private readonly limits: PolicyLimits,
    /** Steps after which an episode ends at the latest. */
    private readonly longest: number,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    private readonly onWork: (work: WorkUnderWay, stepsPerSecond: number) => void,
  ) {}

  describe(source: string): Promise<PolicyAnswer<PolicyFacts>> {
    return this.ask('policy.describe', { source });
  }

  /**
   * Whole episodes on `seeds`. What a failure cancels is charged in full: how much of it had been played by then
   * depends on the machine. Where steps are limited no episode is begun that might pass the limit, so that fewer
   * returns may come back.
   */
  async play(source: string, seeds: readonly number[], options: PlayOptions = {}): Promise<PlayedSeeds> {
    const { steps = null, smoke = false } = options;
    let played: PlayedSeeds = { returns: [], actions: [], failure: null, usage: {} };
    while (played.returns.length < seeds.length && played.failure === null) {
      const done = played.returns.length;
      const most = smoke && done === 0 ? 1 : seeds.length - done;
      const safe = steps === null ? most : Math.floor((steps - (played.usage.steps ?? 0)) / this.longest);
      if (safe < 1) break;
      const more = await this.playOnce(source, seeds.slice(done, done + Math.min(most, safe)), options);
      played = {
        returns: [...played.returns, ...more.returns],
        actions: [...played.actions, ...more.actions],
        failure: more.failure,
        usage: addUsage(played.usage, more.usage),
      };
    }
    return played;
  }

  private async playOnce(
    source: string,
    seeds: readonly number[],
    { environment }: PlayOptions,
  ): Promise<PlayedSeeds> {
    const task = { ...this.task(source), ...(environment !== undefined && { environment }) };
    const answer = await this.ask('evaluate', { ...task, seeds: [...seeds] });
    const charged = { episodes: seeds.length, steps: 0, modelSteps: 0 };
    if (!answer.ok) return { returns: [], actions: [], failure: answer.failure, usage: trimUsage(charged) };
    const { episodes, failure, cpuSeconds, level, slowestStepMs } = answer.value;
    this.cpuSeconds += cpuSeconds;
    if (slowestStepMs !== undefined)
      this.slowestSteps.set(source, Math.max(slowestStepMs, this.slowestSteps.get(source) ?? 0));
    if (level !== null) this.level = Math.min(level, this.level ?? level);
    if (environment === undefined && episodes.length > 0)
      await this.journal.keepEpisodes(
        this.hashOf(source),
        episodes.map(({ seed, steps, trajectoryHashes }) => ({ seed, steps, trajectoryHashes })),
      );
    const steps = episodes.reduce((sum, episode) => sum + episode.steps, failure?.step ?? 0);
    return {
      returns: episodes.map((episode) => episode.return),
      actions: episodes.map((episode) => shortHash(episode.actionHash)),
      failure,
      usage: trimUsage({ ...charged, steps }),
    };
  }

  async tune(
    source: string,
    seed: number,
    most: { readonly episodes: number; readonly steps: number | null },
  ): Promise<PolicyAnswer<MethodResult<'tune'>>> {
    return this.charged(await this.ask('tune', { ...this.task(source), seed, ...most }));
  }

  async jitter(
    source: string,
    part: number,
    seeds: readonly number[],
    seed: number,
  ): Promise<PolicyAnswer<MethodResult<'jitter'>>> {
    return this.charged(await this.ask('jitter', { ...this.task(source), part, seeds: [...seeds], seed }));
  }

  /** Nothing of it is charged as episodes: `reference` has played these before. */
  async compareActions(
    reference: string,
    seeds: readonly number[],
    sources: readonly string[],
  ): Promise<PolicyAnswer<MethodResult<'actions.compare'>>> {
    const { environment, limits } = this;
    const params = { environment, limits, reference, seeds: [...seeds], sources: [...sources] };
    return this.charged(await this.ask('actions.compare', params));
  }

  async simplify(source: string, seeds: readonly number[]): Promise<PolicyAnswer<MethodResult<'simplify'>>> {
    return this.charged(await this.ask('simplify', { ...this.task(source), seeds: [...seeds] }));
  }

  /** Forgets finished requests, whose cost the ledger has folded by now. */
  settle(): void {
    this.work.clear();
    this.level = undefined;
    this.slowestSteps.clear();
  }

  private hashOf(source: string): string {
    const hash = this.hashes.get(source) ?? policyHash(source);
    this.hashes.set(source, hash);
    return hash;
  }

  private task(source: string): { environment: EnvironmentSpec; source: string; limits: PolicyLimits } {
    return { environment: this.environment, source, limits: this.limits };
  }

  private charged<T extends { spent: { cpuSeconds: number } }>(answer: PolicyAnswer<T>): PolicyAnswer<T> {
    if (answer.ok) this.cpuSeconds += answer.value.spent.cpuSeconds;
    return answer;
  }

  private async ask<M extends EvaluatorMethod>(
    method: M,
    params: MethodParams<M>,
  ): Promise<PolicyAnswer<MethodResult<M>>> {
    const number = this.requests++;
    if (this.work.size === 0) this.startedAt = this.clock.now();
    const onProgress = (progress: EvaluatorProgress): void => {
      // What is not charged would be taken back when the request ends.
      this.report(number, UNCHARGED_METHODS.has(method) ? {} : progress);
    };
    const answer = await rejectWhenAborted(
      this.evaluator.request(method, params, { signal: this.signal, onProgress }),
      this.signal,
    );
    if (answer.ok) return answer;
    const failure = policyFailureOf(answer);
    if (failure !== null) return { ok: false, failure };
    throw new StoppedError('failed', `${method}: ${answer.message} (${answer.code})`);
  }

  private report(request: number, { episodes = 0, steps = 0 }: EvaluatorProgress): void {
    this.work.set(request, { episodes, steps });
    const total = { episodes: 0, steps: 0 };
    for (const work of this.work.values()) {
      total.episodes += work.episodes;
      total.steps += work.steps;
    }
    const seconds = (this.clock.now() - this.startedAt) / 1000;
    this.onWork(total, seconds > 0 ? total.steps / seconds : 0);
  }
}

/** Rejects as soon as `signal` aborts: a request that is slow to end does not hold up Stop. */
export async function rejectWhenAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const wake = (): void => {
      reject(stopReason(signal));
    };
    if (signal.aborted) wake();
    else leave = whenAborted(signal, wake);
  });
  try {
    const value = await Promise.race([work, aborted]);
    if (signal.aborted) await aborted;
    return value;
  } finally {
    leave();
  }
}

function stopReason({ reason }: AbortSignal): StoppedError {
  const told: unknown = reason;
  return told instanceof StoppedError ? told : new StoppedError('interrupted', 'stopped by hand');
}

/** Reads a policy's own failure from an evaluator's answer; `null` when something else broke. */
export function policyFailureOf(answer: Failure): PolicyFailure | null {
  const told = policyFailure.safeParse(answer.detail);
  if (told.success) return told.data;
  const code = policyFailure.shape.code.safeParse(answer.code);
  if (!code.success) return null;
  return { code: code.data, message: answer.message, line: null, column: null, seed: null, step: null };
}
