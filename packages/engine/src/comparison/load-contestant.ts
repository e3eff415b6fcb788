/** A contestant's policy on its way in: brought, chosen where there are several, described, timed, and frozen. */
import { policyHash } from '../audit/seeds';
import { rejectWhenAborted } from '../session/episode-runner';
import { meanOf } from '../acceptance/score';
import { addUsage, type ResourceUsage } from '../resources';
import { orStop, type Arena } from './arena';
import type { ComparePorts } from './compare';
import type { ComparisonEvent, Measured } from './events';
import type { ProvidedContestant } from './ports';
import { choiceSeeds } from './seeds';
import type { ContestantSettings } from './settings';
import type { ComparisonState } from './state';

export interface Entry {
  readonly event: Extract<ComparisonEvent, { type: 'contestant_loaded' }>;
  readonly measured: Measured;
}

/** Seeds on which the best of several texts is chosen. */
const choice = 32;

type Text = ProvidedContestant['texts'][number];

export class Entering {
  constructor(
    private readonly ports: Pick<ComparePorts, 'evaluator' | 'contestants' | 'journal'>,
    private readonly arena: Arena,
    private readonly signal: AbortSignal,
    private readonly announce: (activity: string) => void,
  ) {}

  /** Throws `Stopped` where it cannot be had. */
  async enter(state: ComparisonState, contestant: ContestantSettings, replicate: number): Promise<Entry> {
    const { name } = contestant;
    this.announce(`bringing ${name}`);
    const { signal, announce: told } = this;
    // Awaited to its end, a stopped one too: what it writes it must have closed when the cell is run again.
    const recruited = await this.ports.contestants.provide(contestant, replicate, { state, signal, onActivity: told });
    const entrant = orStop(name, recruited);
    const { text, usage } = await this.chosen(state, name, replicate, entrant);
    const hash = policyHash(text.source);
    const policy = await this.ports.journal.keepPolicy(state.policies.length + 1, hash, text.source);
    const facts = await this.request('policy.describe', { source: text.source });
    const event: Entry['event'] = {
      type: 'contestant_loaded',
      contestant: name,
      replicate,
      reference: entrant.reference,
      label: text.label,
      policy,
      hash,
      size: facts.ok ? facts.value.size : { lines: 0, branches: 0, nodes: 0, constants: 0 },
      bytes: new TextEncoder().encode(text.source).length,
      usage: addUsage(entrant.usage, usage),
    };
    return { event, measured: { ...entrant.learning, ...(await this.times(state, text.source)) } };
  }

  /** The one with the greatest mean; the earlier of two equals. */
  private async chosen(
    { settings }: ComparisonState,
    name: string,
    replicate: number,
    { texts }: ProvidedContestant,
  ): Promise<{ text: Text; usage: ResourceUsage }> {
    const [first] = texts;
    if (first === undefined) throw new Error(`${name} brought no text`);
    if (texts.length === 1) return { text: first, usage: {} };
    this.announce(`choosing among ${texts.length} texts of ${name}`);
    const seeds = choiceSeeds(settings.seed, name, replicate, choice);
    const played = await Promise.all(
      texts.map(({ source }) => this.arena.play(settings.environment, settings.policy, source, seeds)),
    );
    this.arena.settle();
    const means = played.map(({ returns }) => meanOf(returns.map((value) => value ?? -Infinity)));
    const best = means.indexOf(Math.max(...means));
    return {
      text: texts[best] ?? first,
      usage: played.reduce<ResourceUsage>((sum, { usage }) => addUsage(sum, usage), {}),
    };
  }

  /** A policy that fails has no times, and is compared all the same. */
  private async times(
    { settings, seeds }: ComparisonState,
    source: string,
  ): Promise<Pick<Measured, 'coldStartMs' | 'decisionUs'>> {
    const { environment, policy: limits, seed } = settings;
    const [own = seed] = seeds;
    const timed = await this.request('policy.time', { environment, limits, source, seed: own });
    return timed.ok ? timed.value : { coldStartMs: null, decisionUs: null };
  }

  private async request<M extends 'policy.describe' | 'policy.time'>(
    method: M,
    params: Parameters<typeof this.ports.evaluator.request<M>>[1],
  ) {
    const answer = await rejectWhenAborted(
      this.ports.evaluator.request(method, params, { signal: this.signal }),
      this.signal,
    );
    if (!answer.ok && answer.code === 'cancelled') orStop(method, answer);
    return answer;
  }
}
