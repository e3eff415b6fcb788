/** One turn of an author that works with tools: what it has tried, noted and submitted so far. */
import {
  computeMean,
  measurePairs,
  type AuthorAnswer,
  type AuthorRequest,
  type CandidateId,
  type EvaluatedPolicy,
  type MeasuredDifference,
  type Proposal,
} from '@policybook/engine';
import { addUsage, type ResourceUsage } from '@policybook/protocol';
import { describeFault } from './fault';
import { MAX_REPAIRS } from './propose-policy';

/** How a turn ends: by a text, or because its author has nothing more to propose. */
export interface AgentEnd {
  readonly proposal: Proposal | null;
  readonly exhausted: boolean;
}

/** A candidate that was asked for, or why there is none. */
export type FoundCandidate =
  { readonly ok: true; readonly id: CandidateId } | { readonly ok: false; readonly message: string };

/** A text that a tool is to work on, or why there is none. */
export type FoundText =
  { readonly ok: true; readonly source: string } | { readonly ok: false; readonly message: string };

const NO_SUBJECT = 'Give either `policy`, a text, or `candidate`, the number of a candidate of this run.';

/** What the tools of one turn share. */
export class AgentSession {
  readonly notes: string[] = [];
  /** Uses of tools that have played nothing. */
  freeUses = 0;
  /** The texts that the turn has played. */
  private readonly tried = new Map<string, EvaluatedPolicy>();
  private checked: ResourceUsage = {};
  private refused = 0;
  private end: AgentEnd | null = null;

  constructor(readonly request: AuthorRequest) {}

  /** How the turn has ended; `null` while it lasts. */
  get ended(): AgentEnd | null {
    return this.end;
  }

  /** What trying submitted texts has taken, which the answer adds to its usage. */
  get usage(): ResourceUsage {
    return this.checked;
  }

  /** Finds the text that a tool is to work on: one that is given, or a candidate's. */
  findText(policy: string | undefined, candidate: number | undefined): FoundText {
    if (policy !== undefined) return { ok: true, source: policy };
    if (candidate === undefined) return { ok: false, message: NO_SUBJECT };
    const found = this.findCandidate(candidate);
    return found.ok ? { ok: true, source: this.request.source(found.id) } : found;
  }

  /** Finds a candidate by its number. */
  findCandidate(number: number): FoundCandidate {
    const ids = [...this.request.state.candidates.keys()];
    const id = ids.find((each) => Number(each) === number);
    if (id !== undefined) return { ok: true, id };
    const known = ids.length === 0 ? 'the run has none yet' : 'read what: history lists those of the run';
    return { ok: false, message: `There is no candidate ${number}: ${known}.` };
  }

  /** Finds what a text has come to on its first seeds; `null` where the turn has not played so many of them. */
  findEvaluated(source: string, episodes: number): EvaluatedPolicy | null {
    const known = this.tried.get(source);
    if (known === undefined) return null;
    if (known.episodes.length >= episodes)
      return { episodes: known.episodes.slice(0, episodes), failure: null };
    return known.failure === null ? null : known;
  }

  /** Remembers what a text has come to. */
  noteEvaluated(source: string, evaluated: EvaluatedPolicy): void {
    const known = this.tried.get(source)?.episodes.length ?? 0;
    if (evaluated.failure !== null || evaluated.episodes.length > known) this.tried.set(source, evaluated);
  }

  /** Compares what a text has come to with the best other text of this turn, on common seeds; `null` where there are none. */
  compareWithBest(source: string, { episodes, failure }: EvaluatedPolicy): MeasuredDifference | null {
    const best = this.findBest(source);
    if (failure !== null || best === null) return null;
    const returns = new Map(best.episodes.map((episode) => [episode.seed, episode.return]));
    const pairs = episodes.flatMap(({ seed, return: value }) => {
      const other = returns.get(seed);
      return other === undefined ? [] : [{ value, other }];
    });
    if (pairs.length === 0) return null;
    return measurePairs(
      pairs.map(({ value }) => value),
      pairs.map(({ other }) => other),
    );
  }

  /** Ends the turn without a text. */
  stop(): void {
    this.end = { proposal: null, exhausted: true };
  }

  /**
   * Ends the turn by a text that can be played. For one that cannot, it says what is wrong, at most twice: after that a text is
   * proposed as it is, and the run says why it fails.
   */
  async submit(proposal: Proposal): Promise<string | null> {
    const { failure, usage } = await this.request.check(proposal.source);
    this.checked = addUsage(this.checked, usage);
    if (failure !== null && this.refused < MAX_REPAIRS) {
      this.refused++;
      return describeFault(proposal.source, failure);
    }
    this.end = { proposal, exhausted: false };
    return null;
  }

  /** Proposes the best text that was tried, where the turn ends without a submitted one; nothing that was paid for is lost. */
  proposeBest(label: string): Proposal | null {
    const best = this.findBest();
    if (best === null) return null;
    return { label, idea: 'The best text that was tried before the turn was over.', source: best.source };
  }

  /** What the turn comes to as an answer, without its calls and what they took. */
  describeAnswer(label: string): Pick<AuthorAnswer, 'proposals' | 'findings' | 'notes' | 'exhausted'> {
    const { proposal, exhausted } = this.end ?? { proposal: this.proposeBest(label), exhausted: false };
    return {
      proposals: proposal === null ? [] : [proposal],
      findings: [],
      ...(this.notes.length > 0 && { notes: this.notes }),
      exhausted,
    };
  }

  /** Finds the text of the greatest mean return, but for one; `null` for none. */
  private findBest(
    except?: string,
  ): { readonly source: string; readonly episodes: EvaluatedPolicy['episodes'] } | null {
    const played = [...this.tried].flatMap(([source, { episodes, failure }]) =>
      failure === null && episodes.length > 0 && source !== except
        ? [{ source, episodes, mean: computeMean(episodes.map((each) => each.return)) }]
        : [],
    );
    return played.reduce<(typeof played)[number] | null>(
      (best, text) => (best === null || text.mean > best.mean ? text : best),
      null,
    );
  }
}
