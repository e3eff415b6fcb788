/** Comparing: everybody is brought and frozen, then all play the same fresh seeds, block by block. */
import type { EnvironmentFacts } from '@policybook/protocol';
import { FOLDER_FORMAT } from '../events';
import { StoppedError } from '../session/stopped';
import type { Clock, Clocks, Evaluator } from '../ports';
import { conclude } from './conclude';
import { Entering } from './load-contestant';
import type { ComparisonEvent, Measured } from './events';
import { Arena } from './arena';
import type { ComparisonJournal, ComparisonObserver, ContestantProvider } from './ports';
import { comparisonSeeds } from './seeds';
import { countReplicates, type ComparisonSettings } from './settings';
import {
  advanceComparison,
  foldComparison,
  type ComparedPolicy,
  type ComparisonLine,
  type ComparisonState,
} from './state';

export interface ComparisonDeclaration {
  readonly comparison: string;
  readonly settings: ComparisonSettings;
  readonly facts: EnvironmentFacts;
}

export interface ComparePorts {
  readonly evaluator: Evaluator;
  readonly contestants: ContestantProvider;
  readonly journal: ComparisonJournal;
  readonly clock: Clock;
  readonly observer: ComparisonObserver;
}

export interface CompareOptions {
  readonly signal: AbortSignal;
  /** The record of earlier sittings; the same declaration is the caller's duty. */
  readonly resumeFrom: readonly ComparisonLine[];
  readonly clocks: Clocks;
}

/** Seeds between two looks at Stop, and between two states in which everybody has played alike. */
const block = 25;

/**
 * Compares until all is played, or until it is stopped; what was played by then is concluded from. Rejects only when the
 * journal cannot be written.
 */
export async function compare(
  declaration: ComparisonDeclaration,
  ports: ComparePorts,
  options: CompareOptions,
): Promise<ComparisonState> {
  const before = foldComparison(options.resumeFrom);
  if (before?.stopped?.reason === 'finished') return before;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const sitting = new Sitting(ports, options, before, signal);
  if (before === null) await sitting.append({ type: 'comparison_declared', format: FOLDER_FORMAT, ...declaration });
  try {
    await sitting.enterAll();
    await sitting.playAll();
    return await sitting.stop('finished', 'all of it is played');
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    const reason = error.reason === 'interrupted' ? 'interrupted' : 'failed';
    return await sitting.stop(reason, error.message);
  } finally {
    // Requests that are still under way when it ends have nobody left to answer to.
    ended.abort();
  }
}

class Sitting {
  private readonly startedAt: number;
  private readonly arena: Arena;
  private folded: ComparisonState | null;
  private activity = '';

  constructor(
    private readonly ports: ComparePorts,
    private readonly options: CompareOptions,
    before: ComparisonState | null,
    private readonly signal: AbortSignal,
  ) {
    this.startedAt = ports.clock.now();
    this.folded = before;
    this.arena = new Arena(ports.evaluator, ports.clock, signal, (episodes, stepsPerSecond) => {
      this.report(episodes, stepsPerSecond);
    });
  }

  private get state(): ComparisonState {
    if (this.folded === null) throw new Error('the comparison is not declared yet');
    return this.folded;
  }

  async append(event: ComparisonEvent, measured?: Measured): Promise<void> {
    const clocks = this.clocks();
    await this.ports.journal.append(event, { ...clocks, ...(measured !== undefined && { measured }) });
    this.folded = advanceComparison(this.folded, { event, measured, isolationLevel: clocks.isolationLevel });
    this.ports.observer.event(event, this.folded);
  }

  /** Everybody in the order of the declaration; those of earlier sittings are there. */
  async enterAll(): Promise<void> {
    const entering = new Entering(this.ports, this.arena, this.signal, (activity) => {
      this.announce(activity);
    });
    for (const contestant of this.state.settings.contestants) {
      for (let replicate = 1; replicate <= countReplicates(this.state.settings, contestant); replicate++) {
        if (this.state.policies.some((each) => each.contestant === contestant.name && each.replicate === replicate))
          continue;
        const { event, measured } = await entering.enter(this.state, contestant, replicate);
        await this.append(event, measured);
      }
    }
  }

  async playAll(): Promise<void> {
    const { settings, policies } = this.state;
    if (this.state.seeds.length === 0) {
      const hashes = policies.map(({ hash }) => hash);
      const seeds = comparisonSeeds(settings.seed, settings.environment, hashes, settings.episodes);
      await this.append({ type: 'seeds_drawn', seeds });
    }
    const texts = new Map<string, string>();
    for (const { policy } of policies) texts.set(policy, await this.ports.journal.readPolicy(policy));
    for (let start = 0; start < settings.episodes; start += block) {
      const seeds = this.state.seeds.slice(start, start + block);
      const waiting = this.state.policies.filter(({ returns }) => returns.length <= start);
      this.announce(`playing seeds ${start + 1} to ${start + seeds.length}`);
      // All of a block are awaited before any is recorded: the record does not depend on who was faster.
      const played = await Promise.all(
        waiting.map((member) => this.block(member, texts.get(member.policy) ?? '', start, seeds)),
      );
      for (const event of played) await this.append(event);
      this.arena.settle();
    }
  }

  async stop(reason: 'finished' | 'interrupted' | 'failed', message: string): Promise<ComparisonState> {
    await this.append({ type: 'comparison_stopped', reason, message, conclusion: conclude(this.state) });
    return this.state;
  }

  private async block(
    { contestant, replicate }: ComparedPolicy,
    source: string,
    start: number,
    seeds: readonly number[],
  ): Promise<ComparisonEvent> {
    const { environment, policy } = this.state.settings;
    const { returns, failure, usage } = await this.arena.play(environment, policy, source, seeds);
    return {
      type: 'block_played',
      contestant,
      replicate,
      start,
      returns: [...returns],
      ...(failure !== null && { failure }),
      usage,
    };
  }

  private announce(activity: string): void {
    this.activity = activity;
    this.report(0, 0);
  }

  private report(episodes: number, stepsPerSecond: number): void {
    const { policies, settings } = this.state;
    const expected = settings.contestants.reduce((sum, each) => sum + countReplicates(settings, each), 0);
    this.ports.observer.progress({
      activity: this.activity,
      episodes: policies.reduce((sum, { returns }) => sum + returns.length, 0) + episodes,
      expectedEpisodes: expected * settings.episodes,
      stepsPerSecond,
    });
  }

  private clocks(): Clocks {
    const { level } = this.arena;
    return {
      wallSeconds: this.options.clocks.wallSeconds + (this.ports.clock.now() - this.startedAt) / 1000,
      cpuSeconds: this.options.clocks.cpuSeconds + this.arena.cpuSeconds,
      ...(level !== undefined && { isolationLevel: level }),
    };
  }
}
