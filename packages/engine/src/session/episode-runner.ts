/**
 * The evaluator as runs, audits and comparisons use it: one signal, failures sorted into the policy's own (values) and
 * all others (the session stops), and one adder of what requests take.
 */
import { FAILED_ACTIONS_HASH, shortenHash } from '../action-hashes';
import { hashPolicy } from '../audit/seeds';
import {
  addUsage,
  readPolicyFailure,
  trimUsage,
  type EnvironmentSpec,
  type EvaluatorMethod,
  type EvaluatorProgress,
  type Failure,
  type MethodParams,
  type MethodResult,
  type PolicyFacts,
  type PolicyFailure,
  type PolicyLimits,
  type RequestUsage,
  type ResourceUsage,
} from '@policybook/protocol';
import { keepEpisode } from '../episodes/kept-episode';
import type { AuthorAnswer, Evaluator, Journal } from '../ports';
import { NO_PENDING_USAGE, type SessionUsage, type UsageRate, type PendingUsage } from './session-usage';
import { createInterrupt, StoppedError } from './stopped';
import { callWhenAborted } from './when-aborted';

/** The result of playing seeds in order; `F` is what a failed episode counts as. */
export interface PlayedEpisodes<F extends number | null = number> {
  /** The seeds that were really played: another one where a fault of the environment ended an episode. */
  readonly seeds: readonly number[];
  /** One return for each of these seeds, of which there are fewer than were asked for where the playing ended early. */
  readonly returns: readonly (number | F)[];
  /** What each episode's actions hash to, dashes for one that failed. */
  readonly actions: readonly string[];
  /** The first failure; `null` where there was none. */
  readonly failure: PolicyFailure | null;
  readonly usage: ResourceUsage;
}

/** How episodes are played, where that differs from the rest of the session. */
export interface PlayOptions {
  /** The most steps that playing may take; `null`, the default, is unlimited. */
  readonly steps?: number | null;
  /** Whether the policy has never been played: one seed then goes before all others, so that what cannot run costs one episode. */
  readonly isUnplayed?: boolean;
  /** An environment other than the session's; its episodes are not kept. */
  readonly environment?: EnvironmentSpec;
}

/** A value, or the policy's own failure. */
export type PolicyResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: PolicyFailure };

/** What a runner works with. */
export interface EpisodeRunnerOptions {
  readonly evaluator: Evaluator;
  /** Keeps what happened in the episodes that are played; `null` where nothing follows these episodes later. */
  readonly journal: Pick<Journal, 'keepEpisodes'> | null;
  readonly environment: EnvironmentSpec;
  readonly limits: PolicyLimits;
  /** The number of steps after which an episode ends at the latest. */
  readonly longestEpisode: number;
  /** Aborts every request. */
  readonly signal: AbortSignal;
  /** Adds up what the requests take. */
  readonly usage: SessionUsage;
  /**
   * Measures the seconds left while a run that wall time limits has no policy yet, `null` otherwise. Playing then ends after
   * a part of them, so that a slow environment leaves a policy that few episodes have scored, and not none.
   */
  readonly measureSecondsLeft?: () => number | null;
  /** Called whenever a request has come further, with the work of all requests under way. */
  readonly onWork: (rate: UsageRate) => void;
}

/** The part of the time left that one call of `play` may take while there is no policy yet. */
const TIME_SHARE = 0.5;

/** A task that may take several requests, so that what earlier ones played still counts as its work under way. */
interface RunnerTask {
  readonly request: number;
  readonly before: PendingUsage;
}

/** What the runner asks of the evaluator, and what people read where that fails. */
const TASK_NAMES = {
  evaluate: 'playing a policy',
  'policy.describe': 'reading a policy',
  'policy.time': 'timing a policy',
  'policy.ablate': 'measuring what the parts of a policy do',
  'environment.probe': 'probing the environment',
  trace: 'tracing a policy',
  tune: 'tuning a policy',
  jitter: 'moving the constants of a policy',
  'actions.compare': 'comparing the actions of policies',
  simplify: 'simplifying a policy',
} as const satisfies Partial<Record<EvaluatorMethod, string>>;

type RunnerMethod = keyof typeof TASK_NAMES;

/** Requests that play no episodes of their own: replays and readings of a text. */
const UNCHARGED_METHODS: ReadonlySet<RunnerMethod> = new Set([
  'actions.compare',
  'policy.ablate',
  'policy.describe',
  'policy.time',
]);

/**
 * Plays episodes and asks what else has to be known of a policy. Every method throws `StoppedError` when the signal
 * aborts, or when something other than the policy fails.
 */
export class EpisodeRunner {
  /** Hashes by their texts: hashing a megabyte takes 26 ms, and one text is played block by block. */
  private readonly hashes = new Map<string, string>();
  /** What was read of texts, by the texts: one that is tried before it is proposed is described both times. */
  private readonly descriptions = new Map<string, PolicyResult<PolicyFacts>>();
  /** The number of the author's request under way. */
  private authorRequest: number | null = null;

  constructor(private readonly options: EpisodeRunnerOptions) {}

  /** Reads a text and, where it can be read, plays one seed by it: the time of both is that of the longer one. */
  async tryOut(source: string, seed: number, options: PlayOptions = {}): Promise<PlayedEpisodes> {
    const giveUp = this.playAhead(source, [seed], options);
    const described = await giveUpUnless(({ ok }) => ok, this.describe(source), giveUp);
    if (described.ok) return this.play(source, [seed], options);
    return { seeds: [], returns: [], actions: [], failure: described.failure, usage: {} };
  }

  /** Reads a policy's text; the same text is read once. */
  async describe(source: string): Promise<PolicyResult<PolicyFacts>> {
    const known = this.descriptions.get(source) ?? (await this.sendRequest('policy.describe', { source }));
    this.descriptions.set(source, known);
    return known;
  }

  /** Measures how long a policy takes to start and to decide, on the episode of `seed`. */
  time(source: string, seed: number): Promise<PolicyResult<MethodResult<'policy.time'>>> {
    return this.sendRequest('policy.time', { ...this.describeTask(source), seed });
  }

  /**
   * Plays whole episodes on `seeds` until the first failure. What a failure cancels is charged in full: how much of it
   * had been played by then depends on the machine. Where steps are limited no episode is begun that might pass the
   * limit, so that fewer returns may come back; so they may where time is short and there is no policy yet.
   */
  play(source: string, seeds: readonly number[], options: PlayOptions = {}): Promise<PlayedEpisodes> {
    return this.playUntilFailure(source, seeds, options, this.openTask());
  }

  /**
   * Plays all seeds, past every failure; a failed episode counts as `failedReturn`. Each seed is charged once: what a
   * failure cancels is played again. A text that fails whatever the seed has failed on all of them.
   */
  async playThrough<F extends number | null>(
    source: string,
    seeds: readonly number[],
    failedReturn: F,
    options: PlayOptions = {},
  ): Promise<PlayedEpisodes<F>> {
    const { request } = this.openTask();
    const played: number[] = [];
    const returns: (number | F)[] = [];
    const actions: string[] = [];
    let failure: PolicyFailure | null = null;
    let [steps, lost] = [0, 0];
    while (returns.length < seeds.length) {
      const most = options.steps ?? null;
      const left = most === null ? null : most - steps;
      const task = { request, before: { episodes: returns.length, steps } };
      const rest = seeds.slice(returns.length);
      const more = await this.playUntilFailure(source, rest, { ...options, steps: left }, task);
      played.push(...more.seeds);
      returns.push(...more.returns);
      actions.push(...more.actions);
      steps += more.usage.steps ?? 0;
      lost += more.usage.lost ?? 0;
      if (more.failure === null) break;
      failure ??= more.failure;
      const { seed } = more.failure;
      for (const failed of seed === null ? seeds.slice(returns.length) : [seed]) {
        played.push(failed);
        returns.push(failedReturn);
        actions.push(FAILED_ACTIONS_HASH);
      }
    }
    const usage = trimUsage({ episodes: returns.length, steps, modelSteps: 0, lost });
    return { seeds: played, returns, actions, failure, usage };
  }

  /** Plays one episode and follows what the policy does in it. */
  trace(source: string, seed: number): Promise<PolicyResult<MethodResult<'trace'>>> {
    return this.sendRequest('trace', { ...this.describeTask(source), seed, pictures: 0 });
  }

  /** Plays random actions in at most so many episodes and steps, and says what they show of the environment. */
  async probe(
    params: Omit<MethodParams<'environment.probe'>, 'environment'>,
  ): Promise<PolicyResult<MethodResult<'environment.probe'>>> {
    const { environment } = this.options;
    return this.chargeCpu(await this.sendRequest('environment.probe', { environment, ...params }));
  }

  /** Tunes the constants of a text with at most so many episodes and steps. */
  async tune(
    source: string,
    seed: number,
    most: { readonly episodes: number; readonly steps: number | null },
  ): Promise<PolicyResult<MethodResult<'tune'>>> {
    return this.chargeCpu(await this.sendRequest('tune', { ...this.describeTask(source), seed, ...most }));
  }

  /** Plays each seed with the marked constants of a text moved by up to `part` of their ranges, drawn from `seed`. */
  async jitter(
    source: string,
    part: number,
    seeds: readonly number[],
    seed: number,
  ): Promise<PolicyResult<MethodResult<'jitter'>>> {
    const params = { ...this.describeTask(source), part, seeds: [...seeds], seed };
    return this.chargeCpu(await this.sendRequest('jitter', params));
  }

  /** Finds which texts act alike on the episodes of `reference`. None are charged: `reference` has played these before. */
  async compareActions(
    reference: string,
    seeds: readonly number[],
    sources: readonly string[],
  ): Promise<PolicyResult<MethodResult<'actions.compare'>>> {
    const { environment, limits } = this.options;
    const params = { environment, limits, reference, seeds: [...seeds], sources: [...sources] };
    return this.chargeCpu(await this.sendRequest('actions.compare', params));
  }

  /** Measures how differently a text acts without its parts, on episodes that it has played before: none are charged. */
  async ablate(
    source: string,
    plan: Omit<MethodParams<'policy.ablate'>, 'environment' | 'limits' | 'source'>,
  ): Promise<PolicyResult<MethodResult<'policy.ablate'>>> {
    return this.chargeCpu(await this.sendRequest('policy.ablate', { ...this.describeTask(source), ...plan }));
  }

  /** Looks for smaller texts of `source`, and for what the episodes of `plan` do not exercise in it. */
  async simplify(
    source: string,
    plan: Omit<MethodParams<'simplify'>, 'environment' | 'limits' | 'source'>,
  ): Promise<PolicyResult<MethodResult<'simplify'>>> {
    return this.chargeCpu(await this.sendRequest('simplify', { ...this.describeTask(source), ...plan }));
  }

  /** Charges what an author used of the evaluator, where it does: its CPU time, and episodes that it lost. */
  chargeAuthor({ cpuSeconds, fault }: Pick<AuthorAnswer, 'cpuSeconds' | 'fault'>): void {
    if (this.authorRequest !== null) this.options.usage.endRequest(this.authorRequest);
    this.authorRequest = null;
    this.options.usage.addCpuSeconds(cpuSeconds ?? 0);
    this.options.usage.noteFault(fault);
  }

  /** Returns what takes the reports of an author's request to the evaluator, whose CPU time counts while it runs. */
  followAuthor(): (progress: EvaluatorProgress) => void {
    const task = this.openTask();
    this.authorRequest = task.request;
    return ({ cpuSeconds, place, output }) => {
      this.report(task, { cpuSeconds, place, output });
    };
  }

  private openTask(): RunnerTask {
    return { request: this.options.usage.openRequest(), before: NO_PENDING_USAGE };
  }

  private async playUntilFailure(
    source: string,
    seeds: readonly number[],
    options: PlayOptions,
    task: RunnerTask,
  ): Promise<PlayedEpisodes> {
    const { steps = null, isUnplayed = false } = options;
    const countTimely = this.limitTime();
    let played: PlayedEpisodes = { seeds: [], returns: [], actions: [], failure: null, usage: {} };
    while (played.returns.length < seeds.length && played.failure === null) {
      const done = played.returns.length;
      const most = isUnplayed && done === 0 ? 1 : seeds.length - done;
      const spent = played.usage.steps ?? 0;
      const safe = steps === null ? most : Math.floor((steps - spent) / this.options.longestEpisode);
      const timely = countTimely(done);
      if (safe < 1 || timely < 1) break;
      const before = { episodes: task.before.episodes + done, steps: task.before.steps + spent };
      const chunk = seeds.slice(done, done + Math.min(most, safe, timely));
      const playing = this.playOnce(source, chunk, options, { ...task, before });
      // The first seed decides whether the others count, which is no reason for them to wait.
      const isFirst = isUnplayed && done === 0;
      const giveUp = isFirst ? this.playAhead(source, seeds.slice(1), options) : () => undefined;
      const more = await giveUpUnless(({ failure }) => failure === null, playing, giveUp);
      played = {
        seeds: [...played.seeds, ...more.seeds],
        returns: [...played.returns, ...more.returns],
        actions: [...played.actions, ...more.actions],
        failure: more.failure,
        usage: addUsage(played.usage, more.usage),
      };
    }
    return played;
  }

  /**
   * Has the evaluator begin what `play` will most likely be asked for soon, and returns what gives that up. It counts when it is
   * asked for, and not before. Nothing is begun where what is left decides how much is played, or where playing does not repeat.
   */
  private playAhead(source: string, seeds: readonly number[], options: PlayOptions): () => void {
    const { evaluator, measureSecondsLeft = () => null, signal } = this.options;
    const { steps = null, environment = this.options.environment } = options;
    const isLimited = steps !== null || measureSecondsLeft() !== null;
    if (seeds.length === 0 || isLimited || environment.unrepeatable === true) return () => undefined;
    const given = new AbortController();
    const either = AbortSignal.any([signal, given.signal]);
    const params = { ...this.describeTask(source), environment, seeds: [...seeds] };
    // A failure is met again by who asks for it.
    void evaluator.request('evaluate', params, { signal: either }).catch(() => undefined);
    return () => {
      given.abort();
    };
  }

  /** Returns what counts the episodes for which there is time after so many: one at first, whose time tells the others'. */
  private limitTime(): (done: number) => number {
    const { measureSecondsLeft = () => null } = this.options;
    const atStart = measureSecondsLeft();
    if (atStart === null) return () => Infinity;
    return (done) => {
      if (done === 0) return 1;
      const seconds = atStart - (measureSecondsLeft() ?? 0);
      return Math.floor((TIME_SHARE * atStart * done) / Math.max(seconds, Number.EPSILON)) - done;
    };
  }

  private async playOnce(
    source: string,
    seeds: readonly number[],
    { environment }: PlayOptions,
    task: RunnerTask,
  ): Promise<PlayedEpisodes> {
    const { journal, usage } = this.options;
    const params = { ...this.describeTask(source), ...(environment !== undefined && { environment }) };
    const result = await this.sendRequest('evaluate', { ...params, seeds: [...seeds] }, task);
    const charged = { episodes: seeds.length, steps: 0, modelSteps: 0 };
    if (!result.ok) {
      const nothing = { seeds: [], returns: [], actions: [] };
      return { ...nothing, failure: result.failure, usage: trimUsage(charged) };
    }
    const { episodes, failure, cpuSeconds, level, slowestStepMs, lost = 0, fault } = result.value;
    // Playing all seeds would ask again for ever.
    if (episodes.length === 0 && failure === null)
      throw createFailedTask('evaluate', {
        message: 'the evaluator returned neither an episode nor a failure',
      });
    usage.addCpuSeconds(cpuSeconds);
    usage.noteFault(fault);
    usage.noteIsolationLevel(level);
    if (slowestStepMs !== undefined) usage.noteSlowStep(this.hashText(source), slowestStepMs);
    if (journal !== null && environment === undefined && episodes.length > 0)
      await journal.keepEpisodes(this.hashText(source), episodes.map(keepEpisode));
    const steps = episodes.reduce((sum, episode) => sum + episode.steps, failure?.step ?? 0);
    return {
      seeds: episodes.map(({ seed }) => seed),
      returns: episodes.map((episode) => episode.return),
      actions: episodes.map((episode) => shortenHash(episode.actionHash)),
      failure,
      usage: trimUsage({ ...charged, steps, lost }),
    };
  }

  private hashText(source: string): string {
    const hash = this.hashes.get(source) ?? hashPolicy(source);
    this.hashes.set(source, hash);
    return hash;
  }

  private describeTask(source: string): {
    environment: EnvironmentSpec;
    source: string;
    limits: PolicyLimits;
  } {
    const { environment, limits } = this.options;
    return { environment, source, limits };
  }

  private chargeCpu<T extends { usage: RequestUsage }>(result: PolicyResult<T>): PolicyResult<T> {
    if (result.ok) this.chargeAuthor(result.value.usage);
    return result;
  }

  private async sendRequest<M extends RunnerMethod>(
    method: M,
    params: MethodParams<M>,
    task: RunnerTask = this.openTask(),
  ): Promise<PolicyResult<MethodResult<M>>> {
    const { evaluator, signal } = this.options;
    const onProgress = (progress: EvaluatorProgress): void => {
      // What is not charged would be taken back when the request ends.
      const { cpuSeconds, place, output } = progress;
      this.report(task, UNCHARGED_METHODS.has(method) ? { cpuSeconds, place, output } : progress);
    };
    const result = await rejectWhenAborted(evaluator.request(method, params, { signal, onProgress }), signal);
    this.options.usage.endRequest(task.request);
    if (result.ok) return result;
    const failure = readPolicyFailure(result);
    if (failure !== null) return { ok: false, failure };
    throw createFailedTask(method, result);
  }

  private report(
    { request, before }: RunnerTask,
    { episodes = 0, steps = 0, cpuSeconds, place, output }: EvaluatorProgress,
  ): void {
    const { usage, onWork } = this.options;
    if (output === undefined) usage.notePlace(request, place);
    if (cpuSeconds !== undefined) usage.noteCpuUnderWay(request, cpuSeconds);
    onWork(usage.reportWork(request, { episodes: before.episodes + episodes, steps: before.steps + steps }));
  }
}

/** Waits for what something was begun ahead of; gives that up where it does not come to what it was begun for. */
async function giveUpUnless<T>(
  isWanted: (value: T) => boolean,
  work: Promise<T>,
  giveUp: () => void,
): Promise<T> {
  let keeps = false;
  try {
    const value = await work;
    keeps = isWanted(value);
    return value;
  } finally {
    if (!keeps) giveUp();
  }
}

/** Creates the end of a session because the evaluator could not do what it was asked for, and no policy is to blame. */
function createFailedTask(method: RunnerMethod, { message }: Pick<Failure, 'message'>): StoppedError {
  return new StoppedError('failed', `${TASK_NAMES[method]} failed: ${message}`);
}

/** Rejects as soon as `signal` aborts: a request that is slow to end does not hold up Stop. */
export async function rejectWhenAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const wake = (): void => {
      reject(readStopReason(signal));
    };
    if (signal.aborted) wake();
    else leave = callWhenAborted(signal, wake);
  });
  try {
    const value = await Promise.race([work, aborted]);
    if (signal.aborted) await aborted;
    return value;
  } finally {
    leave();
  }
}

function readStopReason(signal: AbortSignal): StoppedError {
  const reason: unknown = signal.reason;
  return reason instanceof StoppedError ? reason : createInterrupt();
}
