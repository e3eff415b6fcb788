/** What the user says to runs that go on in the background, by the names of the runs. */
import type { Inbox, RunSettings, UserMessage } from '@policybook/engine';

/** The inbox of one run, which cells and commands put messages into. */
export class RunInbox implements Inbox {
  private readonly messages: UserMessage[] = [];
  private waiting: (() => void)[] = [];

  /** `settings` are those of the run: what the user calls its environment, and its author. */
  constructor(readonly settings: Pick<RunSettings, 'environmentName' | 'author'>) {}

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

/** The inboxes of the runs that go on in the background. */
export class Inboxes {
  private readonly open = new Map<string, RunInbox>();

  /** Opens the inbox of a run that begins. */
  add(run: string, inbox: RunInbox): void {
    this.open.set(run, inbox);
  }

  /** Closes the inbox of a run that has ended, and returns what was not taken. */
  close(run: string): UserMessage[] {
    const inbox = this.open.get(run);
    this.open.delete(run);
    const left: UserMessage[] = [];
    for (let message = inbox?.take() ?? null; message !== null; message = inbox?.take() ?? null)
      left.push(message);
    return left;
  }

  /** Finds the inbox of a run; `undefined` where it does not go on in the background. */
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
      case 'reject':
        return `%reject ${run}@${message.candidate}`;
    }
  });
  return `${run} had ended before it took ${names.join(', ')}`;
}
