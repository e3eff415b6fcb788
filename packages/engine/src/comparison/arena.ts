/** Episodes of a comparison: a failed one is no end, and what is under way is added up for the progress line. */
import {
  type EnvironmentSpec,
  type IsolationLevel,
  type MethodParams,
  type MethodResult,
  type PolicyFailure,
  type PolicyLimits,
  type Result,
} from '@policybook/protocol';
import { addUsage, trimUsage, type ResourceUsage } from '../resources';
import { policyFailureOf, rejectWhenAborted } from '../session/episode-runner';
import { StoppedError } from '../session/stopped';
import type { Clock, Evaluator } from '../ports';

export interface PlayedBlock {
  /** One for each seed; `null` where the policy failed. */
  readonly returns: readonly (number | null)[];
  /** The first failure. */
  readonly failure: PolicyFailure | null;
  readonly usage: ResourceUsage;
}

export class Arena {
  /** CPU seconds that requests of this sitting took. */
  cpuSeconds = 0;
  /** The lowest level of the jail at which policies ran in this sitting. */
  level: IsolationLevel | undefined;
  private readonly underWay = new Map<number, { readonly episodes: number; readonly steps: number }>();
  private requests = 0;
  private startedAt = 0;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    private readonly onWork: (episodes: number, stepsPerSecond: number) => void,
  ) {}

  /** All seeds. A text that fails whatever the seed has failed on all of them. */
  async play(
    environment: EnvironmentSpec,
    limits: PolicyLimits,
    source: string,
    seeds: readonly number[],
  ): Promise<PlayedBlock> {
    const number = this.requests++;
    const returns: (number | null)[] = [];
    let first: PolicyFailure | null = null;
    let usage: ResourceUsage = {};
    while (returns.length < seeds.length) {
      const rest = seeds.slice(returns.length);
      const { episodes, failure, cpuSeconds, level } = await this.evaluate(
        { environment, limits, source, seeds: [...rest] },
        number,
      );
      this.cpuSeconds += cpuSeconds;
      if (level !== null) this.level = Math.min(level, this.level ?? level);
      const steps = episodes.reduce((sum, episode) => sum + episode.steps, failure?.step ?? 0);
      returns.push(...episodes.map((episode) => episode.return));
      first ??= failure;
      const ended = failure === null ? 0 : failure.seed === null ? rest.length - episodes.length : 1;
      for (let failed = 0; failed < ended; failed++) returns.push(null);
      usage = addUsage(usage, trimUsage({ episodes: episodes.length + ended, steps, modelSteps: 0 }));
    }
    return { returns, failure: first, usage };
  }

  /** Forgets finished requests, whose episodes are recorded by now. */
  settle(): void {
    this.underWay.clear();
  }

  private async evaluate(
    params: MethodParams<'evaluate'>,
    number: number,
  ): Promise<MethodResult<'evaluate'>> {
    if (this.underWay.size === 0) this.startedAt = this.clock.now();
    const answer = await rejectWhenAborted(
      this.evaluator.request('evaluate', params, {
        signal: this.signal,
        onProgress: ({ episodes = 0, steps = 0 }) => {
          this.report(number, episodes, steps);
        },
      }),
      this.signal,
    );
    if (answer.ok) return answer.value;
    const failure = policyFailureOf(answer);
    if (failure === null) throw new StoppedError('failed', `evaluate: ${answer.message} (${answer.code})`);
    return { episodes: [], failure, cpuSeconds: 0, level: null };
  }

  private report(number: number, episodes: number, steps: number): void {
    this.underWay.set(number, { episodes, steps });
    const total = [...this.underWay.values()].reduce(
      (sum, each) => ({ episodes: sum.episodes + each.episodes, steps: sum.steps + each.steps }),
      { episodes: 0, steps: 0 },
    );
    const seconds = (this.clock.now() - this.startedAt) / 1000;
    this.onWork(total.episodes, seconds > 0 ? total.steps / seconds : 0);
  }
}

/** The value, or the end of the sitting. */
export function orStop<T>(what: string, result: Result<T>): T {
  if (result.ok) return result.value;
  if (result.code === 'cancelled') throw new StoppedError('interrupted', 'stopped by hand');
  throw new StoppedError('failed', `${what}: ${result.message}`);
}
