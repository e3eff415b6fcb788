/** What the user says to runs while they learn, by the names of the runs. */
import { readAuthorTraits } from '@policybook/authors';
import type { Inbox, RunSettings, UserMessage } from '@policybook/engine';
import type { KernelMessage } from '@policybook/views';

/** The inbox of one run. Clicks put messages into it, and cells and commands where the run is in the background. */
export class RunInbox implements Inbox {
  private readonly messages: UserMessage[] = [];
  private waiting: (() => void)[] = [];

  /**
   * `settings` are those of the run: what the user calls its environment, and its author. `isInBackground` says whether other
   * cells run while it learns, such as one with a policy by hand.
   */
  constructor(
    readonly settings: Pick<RunSettings, 'environmentName' | 'author'>,
    readonly isInBackground: boolean,
  ) {}

  /** Whether the run's author reads notes. */
  get readsWords(): boolean {
    return readAuthorTraits(this.settings.author).readsWords === true;
  }

  take(): UserMessage | null {
    return this.messages.shift() ?? null;
  }

  /** Puts a message behind those that wait. */
  put(message: UserMessage): void {
    this.messages.push(message);
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Resolves when a message is there, or the signal aborts. */
  async waitForMessage(signal: AbortSignal): Promise<void> {
    while (this.messages.length === 0 && !signal.aborted)
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
        signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
      });
  }
}

/** The inboxes of the runs that learn now. */
export class Inboxes {
  private readonly open = new Map<string, RunInbox>();

  /** `onChange` is called with all that take messages by now, when one begins or ends. */
  constructor(private readonly onChange: (runs: Extract<KernelMessage, { type: 'runs' }>) => void) {}

  /** Opens the inbox of a run that begins. */
  add(run: string, inbox: RunInbox): void {
    this.open.set(run, inbox);
    this.noteChange();
  }

  /** Closes the inbox of a run that has ended, and returns what was not taken. */
  close(run: string): UserMessage[] {
    const inbox = this.open.get(run);
    this.open.delete(run);
    this.noteChange();
    const left: UserMessage[] = [];
    for (let message = inbox?.take() ?? null; message !== null; message = inbox?.take() ?? null)
      left.push(message);
    return left;
  }

  /** Finds the inbox of a run; `undefined` where it takes no messages. */
  find(run: string): RunInbox | undefined {
    return this.open.get(run);
  }

  /** Puts a message into the inboxes of all runs in an environment, and returns the names of these runs. */
  putForEnvironment(environmentName: string, message: UserMessage): string[] {
    return [...this.open].flatMap(([run, inbox]) => {
      if (inbox.settings.environmentName !== environmentName) return [];
      inbox.put(message);
      return [run];
    });
  }

  private noteChange(): void {
    const runs = [...this.open].map(([run, { readsWords }]) => ({ run, readsWords }));
    this.onChange({ type: 'runs', runs });
  }
}

/** Says what of a run's messages came too late; `null` for nothing. */
export function formatLate(run: string, late: readonly UserMessage[]): string | null {
  if (late.length === 0) return null;
  const names = late.map((message) => {
    switch (message.kind) {
      case 'policy':
        return message.name;
      case 'note':
        return 'a note';
      case 'accept':
        return `%accept ${run}@${message.candidate}`;
      case 'reject':
        return `%reject ${run}@${message.candidate}`;
    }
  });
  return `${run} had ended before it took ${names.join(', ')}`;
}
