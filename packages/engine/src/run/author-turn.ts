/** One turn of an author: the tools that it uses, one event each, and then its answer. */
import type { Author, AuthorAnswer, AuthorFailure, AuthorRequest } from '../ports';
import type { Result } from '@policybook/protocol';
import type { EventOf } from '../state';

/** What an author does next in its turn: it has used a tool, or it answers. */
export type TurnStep =
  | { readonly type: 'tool_used'; readonly event: EventOf<'tool_used'> }
  | { readonly type: 'answered'; readonly answer: Result<AuthorAnswer, AuthorFailure> };

/** Records that a tool was used; it resolves when the run goes on. */
export type RecordUse = (event: EventOf<'tool_used'>) => Promise<void>;

/**
 * Runs an author from one use of a tool to the next, so that each is recorded before the author goes on. An author whose turn
 * was interrupted is asked again from the beginning, and makes the same uses: those that are recorded are passed over.
 */
export class AuthorTurn {
  private readonly steps: TurnStep[] = [];
  private wake: (() => void) | null = null;
  private goOn: (() => void) | null = null;
  private answered: Promise<void> | null = null;
  private passed = 0;
  private latest: Result<AuthorAnswer, AuthorFailure> | null = null;

  /** `buildRequest` makes the request of this turn, with what records the use of a tool. */
  constructor(
    private readonly author: Author,
    private readonly buildRequest: (recordUse: RecordUse) => AuthorRequest,
  ) {}

  /** Passes over one more use of a tool, which the record holds. */
  passOver(): void {
    this.passed++;
  }

  /** Lets the author go on until it has used another tool, or answers. */
  async proceed(): Promise<TurnStep> {
    this.start();
    this.goOn?.();
    this.goOn = null;
    for (;;) {
      const step = this.steps.shift();
      if (step !== undefined) return step;
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      // What is done for the author may fail, as an evaluator that is gone: then there is no answer to wait for.
      await Promise.race([woken, this.answered]);
    }
  }

  /** Lets the author go on until it answers; the record holds all uses of tools before that. */
  async finish(): Promise<Result<AuthorAnswer, AuthorFailure>> {
    while (this.latest === null) await this.proceed();
    return this.latest;
  }

  private start(): void {
    this.answered ??= this.author
      .propose(this.buildRequest((event) => this.recordUse(event)))
      .then((answer) => {
        this.latest = answer;
        this.push({ type: 'answered', answer });
      });
    // It is handled where the turn is waited for.
    this.answered.catch(() => undefined);
  }

  private async recordUse(event: EventOf<'tool_used'>): Promise<void> {
    if (this.passed > 0) {
      this.passed--;
      return;
    }
    const recorded = new Promise<void>((resolve) => {
      this.goOn = resolve;
    });
    this.push({ type: 'tool_used', event });
    await recorded;
  }

  private push(step: TurnStep): void {
    this.steps.push(step);
    this.wake?.();
    this.wake = null;
  }
}
