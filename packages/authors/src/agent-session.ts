/** One turn of an author that works with tools: what it has tried, noted and submitted so far. */
import type { AuthorAnswer, AuthorRequest, CandidateId, EvaluatedPolicy, Proposal } from '@policybook/engine';
import { addUsage, type ResourceUsage } from '@policybook/protocol';
import { describeFault } from './fault';
import { MAX_REPAIRS } from './propose-policy';

/** How a turn ends: by a text, or because its author has nothing more to propose. */
export interface AgentEnd {
  readonly proposal: Proposal | null;
  readonly exhausted: boolean;
}

/** A text that the turn has played, with its returns by seed. */
interface TriedText {
  readonly source: string;
  readonly returns: ReadonlyMap<number, number>;
}

/** A mean difference on common seeds. */
export interface PairedDifference {
  readonly pairs: number;
  readonly mean: number;
  /** `null` for a single pair. */
  readonly standardError: number | null;
}

/** What the tools of one turn share. */
export class AgentSession {
  readonly notes: string[] = [];
  private readonly tried: TriedText[] = [];
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

  /** Reads the text that a tool is to work on: one that is given, or a candidate's. */
  findSource(policy: string | undefined, candidate: number | undefined): string | null {
    if (policy !== undefined) return policy;
    const id = [...this.request.state.candidates.keys()].find((each) => Number(each) === candidate);
    return id === undefined ? null : this.request.source(id);
  }

  /** Finds a candidate by its number. */
  findCandidate(number: number): CandidateId | null {
    return [...this.request.state.candidates.keys()].find((id) => Number(id) === number) ?? null;
  }

  /** Remembers what a text returned, and compares it with the best text of this turn before it, on common seeds. */
  noteEvaluated(source: string, { episodes, failure }: EvaluatedPolicy): PairedDifference | null {
    if (failure !== null || episodes.length === 0) return null;
    const text = { source, returns: new Map(episodes.map(({ seed, return: value }) => [seed, value])) };
    const best = this.findBest();
    this.tried.push(text);
    return best === null || best.source === source ? null : subtractPaired(text, best);
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

  private findBest(): TriedText | null {
    return this.tried.reduce<TriedText | null>(
      (best, text) => (best === null || computeMean(text.returns) > computeMean(best.returns) ? text : best),
      null,
    );
  }
}

function computeMean(returns: ReadonlyMap<number, number>): number {
  return [...returns.values()].reduce((sum, each) => sum + each, 0) / returns.size;
}

function subtractPaired(one: TriedText, other: TriedText): PairedDifference | null {
  const differences = [...one.returns].flatMap(([seed, value]) => {
    const before = other.returns.get(seed);
    return before === undefined ? [] : [value - before];
  });
  const pairs = differences.length;
  if (pairs === 0) return null;
  const mean = differences.reduce((sum, each) => sum + each, 0) / pairs;
  const squares = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const standardError = pairs < 2 ? null : Math.sqrt(squares / (pairs - 1) / pairs);
  return { pairs, mean, standardError };
}
