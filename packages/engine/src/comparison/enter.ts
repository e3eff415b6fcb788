/** A contestant's policy on its way in: brought, chosen where there are several, described, timed, and frozen. */
import { policyHash } from '../audit/seeds';
import type { Cost } from '../events';
import { unlessAborted } from '../loop/bench';
import { meanOf } from '../acceptance/score';
import { addTotals } from './totals';
import { orStop, type Arena } from './arena';
import type { ComparePorts } from './compare';
import type { ComparisonEvent, Measured } from './events';
import type { Entrant } from './ports';
import { choiceSeeds } from './seeds';
import type { ContestantSettings } from './settings';
import type { ComparisonState } from './state';

export interface Entry {
  readonly event: Extract<ComparisonEvent, { type: 'member_entered' }>;
  readonly measured: Measured;
}

/** Seeds on which the best of several texts is chosen. */
const choice = 32;

type Text = Entrant['texts'][number];

export class Entering {
  constructor(
    private readonly ports: Pick<ComparePorts, 'evaluator' | 'recruiting' | 'journal'>,
    private readonly arena: Arena,
    private readonly signal: AbortSignal,
    private readonly announce: (activity: string) => void,
  ) {}

  /** Throws `Stopped` where it cannot be had. */
  async enter(state: ComparisonState, contestant: ContestantSettings, member: number): Promise<Entry> {
    const { name } = contestant;
    this.announce(`bringing ${name}`);
    const { signal, announce: told } = this;
    // Awaited to its end, a stopped one too: what it writes it must have closed when the cell is run again.
    const recruited = await this.ports.recruiting.recruit(contestant, member, { state, signal, told });
    const entrant = orStop(name, recruited);
    const { text, cost } = await this.chosen(state, name, member, entrant);
    const hash = policyHash(text.source);
    const policy = await this.ports.journal.keepPolicy(state.members.length + 1, hash, text.source);
    const facts = await this.request('policy.describe', { source: text.source });
    const event: Entry['event'] = {
      type: 'member_entered',
      contestant: name,
      member,
      reference: entrant.reference,
      label: text.label,
      policy,
      hash,
      size: facts.ok ? facts.value.size : { lines: 0, branches: 0, nodes: 0, constants: 0 },
      bytes: new TextEncoder().encode(text.source).length,
      cost: addTotals(entrant.cost, cost),
    };
    return { event, measured: { ...entrant.learning, ...(await this.times(state, text.source)) } };
  }

  /** The one with the greatest mean; the earlier of two equals. */
  private async chosen(
    { settings }: ComparisonState,
    name: string,
    member: number,
    { texts }: Entrant,
  ): Promise<{ text: Text; cost: Cost }> {
    const [first] = texts;
    if (first === undefined) throw new Error(`${name} brought no text`);
    if (texts.length === 1) return { text: first, cost: {} };
    this.announce(`choosing among ${texts.length} texts of ${name}`);
    const seeds = choiceSeeds(settings.seed, name, member, choice);
    const played = await Promise.all(
      texts.map(({ source }) => this.arena.play(settings.environment, settings.policy, source, seeds)),
    );
    this.arena.settle();
    const means = played.map(({ returns }) => meanOf(returns.map((value) => value ?? -Infinity)));
    const best = means.indexOf(Math.max(...means));
    return {
      text: texts[best] ?? first,
      cost: played.reduce<Cost>((sum, { cost }) => addTotals(sum, cost), {}),
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
    const answer = await unlessAborted(
      this.ports.evaluator.request(method, params, { signal: this.signal }),
      this.signal,
    );
    if (!answer.ok && answer.code === 'cancelled') orStop(method, answer);
    return answer;
  }
}
