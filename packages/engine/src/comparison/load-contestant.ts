/** How the policy of a contestant enters: it is brought, chosen where there are several, described, timed, and frozen. */
import { type ResourceUsage, type Result, addUsage } from '@policybook/protocol';
import { computeMean } from '../acceptance/score';
import { hashPolicy } from '../audit/seeds';
import { measureUnparsable } from '../policy-size';
import type { EpisodeRunner } from '../session/episode-runner';
import { createInterrupt, StoppedError } from '../session/stopped';
import type { ComparisonEventOf, Measured } from './events';
import type { ComparePorts, ProvidedContestant } from './ports';
import { deriveChoiceSeeds } from './seeds';
import type { ContestantSettings } from './settings';
import type { ComparisonState } from './state';

/** A policy that takes part, as it is recorded. */
export interface LoadedContestant {
  readonly event: ComparisonEventOf<'contestant_loaded'>;
  readonly measured: Measured;
}

/** What a loader works with. */
export interface ContestantLoaderOptions extends Pick<ComparePorts, 'contestants' | 'journal'> {
  readonly runner: EpisodeRunner;
  readonly signal: AbortSignal;
  /** Says what is being done, for people. */
  readonly announce: (activity: string) => void;
}

/** The number of seeds on which the best of several texts is chosen. */
const CHOICE_SEEDS = 32;

type ProvidedText = ProvidedContestant['texts'][number];

/** Loads the policies that are compared. */
export class ContestantLoader {
  constructor(private readonly options: ContestantLoaderOptions) {}

  /** Loads one policy of a contestant, `replicate` from 1. Throws `StoppedError` where it cannot be had. */
  async load(
    state: ComparisonState,
    contestant: ContestantSettings,
    replicate: number,
  ): Promise<LoadedContestant> {
    const { name } = contestant;
    const { announce, contestants, journal, runner, signal } = this.options;
    announce(`bringing ${name}`);
    // Awaited to its end, a stopped one too: what it writes it must have closed when the cell is run again.
    const context = { state, signal, onActivity: announce };
    const provided = requireProvided(name, await contestants.provide(contestant, replicate, context));
    const { text, usage } = await this.chooseText(state, name, replicate, provided);
    const hash = hashPolicy(text.source);
    const policy = await journal.keepPolicy(state.policies.length + 1, hash, text.source);
    const facts = await runner.describe(text.source);
    return {
      event: {
        type: 'contestant_loaded',
        contestant: name,
        replicate,
        reference: provided.reference,
        label: text.label,
        policy,
        hash,
        size: facts.ok ? facts.value.size : measureUnparsable(text.source),
        bytes: new TextEncoder().encode(text.source).length,
        usage: addUsage(provided.usage, usage),
        ...(provided.isUnmetered === true && { unmetered: true }),
      },
      measured: { ...provided.learning, ...(await this.measureTimes(state, text.source)) },
    };
  }

  /** Chooses the text with the greatest mean; the earlier of two equals. */
  private async chooseText(
    { settings }: ComparisonState,
    name: string,
    replicate: number,
    { texts }: ProvidedContestant,
  ): Promise<{ text: ProvidedText; usage: ResourceUsage }> {
    const [first] = texts;
    if (first === undefined) throw new Error(`${name} brought no text`);
    if (texts.length === 1) return { text: first, usage: {} };
    const { announce, runner } = this.options;
    announce(`choosing among ${texts.length} texts of ${name}`);
    const seeds = deriveChoiceSeeds(settings.seed, name, replicate, CHOICE_SEEDS);
    const played = await Promise.all(texts.map(({ source }) => runner.playThrough(source, seeds, -Infinity)));
    const means = played.map(({ returns }) => computeMean(returns));
    return {
      text: texts[means.indexOf(Math.max(...means))] ?? first,
      usage: played.reduce<ResourceUsage>((sum, { usage }) => addUsage(sum, usage), {}),
    };
  }

  /** Measures how long the policy takes. One that fails has no times, and is compared all the same. */
  private async measureTimes(
    { settings }: ComparisonState,
    source: string,
  ): Promise<Pick<Measured, 'coldStartMs' | 'decisionUs'>> {
    const timed = await this.options.runner.time(source, settings.seed);
    return timed.ok ? timed.value : { coldStartMs: null, decisionUs: null };
  }
}

/** Returns the contestant that was provided; its failure ends the session. */
function requireProvided(name: string, provided: Result<ProvidedContestant>): ProvidedContestant {
  if (provided.ok) return provided.value;
  if (provided.code === 'cancelled') throw createInterrupt();
  throw new StoppedError('failed', `${name}: ${provided.message}`);
}
