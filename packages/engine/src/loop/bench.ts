/**
 * The evaluator as the loop uses it: one signal, failures sorted into the policy's own (values) and all others
 * (the run stops), CPU time and progress added up over requests under way.
 */
import {
  policyFailure,
  type EnvironmentSpec,
  type EvaluatorMethod,
  type EvaluatorProgress,
  type MethodParams,
  type MethodResult,
  type PolicyFacts,
  type PolicyFailure,
  type PolicyLimits,
} from '../evaluator-messages';
import type { Cost } from '../events';
import type { Clock, Evaluator, Failure } from '../ports';
import { Stopped } from './stopped';

/** What came of playing seeds in order, until the policy's first failure. */
export interface Played {
  readonly returns: readonly number[];
  readonly failure: PolicyFailure | null;
  readonly cost: Cost;
}

export type Answered<T> = { readonly ok: true; readonly value: T } | { ok: false; failure: PolicyFailure };

export interface Work {
  readonly episodes: number;
  readonly steps: number;
}

export class Bench {
  /** CPU seconds that requests of this sitting took. */
  cpuSeconds = 0;
  private readonly work = new Map<number, Work>();
  private requests = 0;
  private startedAt = 0;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly environment: EnvironmentSpec,
    private readonly limits: PolicyLimits,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    private readonly onWork: (work: Work, stepsPerSecond: number) => void,
  ) {}

  describe(source: string): Promise<Answered<PolicyFacts>> {
    return this.ask('policy.describe', { source });
  }

  /** Whole episodes on `seeds`; the failing one is counted as an episode. */
  async play(source: string, seeds: readonly number[]): Promise<Played> {
    const answer = await this.ask('evaluate', { ...this.task(source), seeds: [...seeds] });
    if (!answer.ok) return { returns: [], failure: answer.failure, cost: {} };
    const { episodes, failure, cpuSeconds } = answer.value;
    this.cpuSeconds += cpuSeconds;
    const steps = episodes.reduce((sum, episode) => sum + episode.steps, failure?.step ?? 0);
    return {
      returns: episodes.map((episode) => episode.return),
      failure,
      cost: costOf({ episodes: episodes.length + (failure === null ? 0 : 1), steps, modelSteps: 0 }),
    };
  }

  async tune(source: string, seed: number, episodes: number): Promise<Answered<MethodResult<'tune'>>> {
    return this.charged(await this.ask('tune', { ...this.task(source), seed, episodes }));
  }

  async simplify(source: string, seeds: readonly number[]): Promise<Answered<MethodResult<'simplify'>>> {
    return this.charged(await this.ask('simplify', { ...this.task(source), seeds: [...seeds] }));
  }

  /** Forgets finished requests, whose cost the ledger has folded by now. */
  settle(): void {
    this.work.clear();
  }

  private task(source: string): { environment: EnvironmentSpec; source: string; limits: PolicyLimits } {
    return { environment: this.environment, source, limits: this.limits };
  }

  private charged<T extends { spent: { cpuSeconds: number } }>(answer: Answered<T>): Answered<T> {
    if (answer.ok) this.cpuSeconds += answer.value.spent.cpuSeconds;
    return answer;
  }

  private async ask<M extends EvaluatorMethod>(
    method: M,
    params: MethodParams<M>,
  ): Promise<Answered<MethodResult<M>>> {
    const number = this.requests++;
    if (this.work.size === 0) this.startedAt = this.clock.now();
    const onProgress = (progress: EvaluatorProgress): void => {
      this.report(number, progress);
    };
    const answer = await unlessAborted(
      this.evaluator.request(method, params, { signal: this.signal, onProgress }),
      this.signal,
    );
    if (answer.ok) return answer;
    const failure = ownFailure(answer);
    if (failure !== null) return { ok: false, failure };
    throw new Stopped('failed', `${method}: ${answer.message} (${answer.code})`);
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
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      const reason: unknown = signal.reason;
      reject(reason instanceof Stopped ? reason : new Stopped('interrupted', 'stopped by hand'));
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    const value = await Promise.race([work, aborted]);
    if (signal.aborted) await aborted;
    return value;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The policy's own failure, `null` when something else broke. */
function ownFailure(answer: Failure): PolicyFailure | null {
  const told = policyFailure.safeParse(answer.detail);
  if (told.success) return told.data;
  const code = policyFailure.shape.code.safeParse(answer.code);
  if (!code.success) return null;
  return { code: code.data, message: answer.message, line: null, column: null, seed: null, step: null };
}

/** Zero fields left out, as events have it. */
export function costOf(spent: { episodes: number; steps: number; modelSteps: number }): Cost {
  return {
    ...(spent.episodes > 0 && { episodes: spent.episodes }),
    ...(spent.steps > 0 && { steps: spent.steps }),
    ...(spent.modelSteps > 0 && { modelSteps: spent.modelSteps }),
  };
}

export function addCosts(a: Cost, b: Cost): Cost {
  return costOf({
    episodes: (a.episodes ?? 0) + (b.episodes ?? 0),
    steps: (a.steps ?? 0) + (b.steps ?? 0),
    modelSteps: (a.modelSteps ?? 0) + (b.modelSteps ?? 0),
  });
}
