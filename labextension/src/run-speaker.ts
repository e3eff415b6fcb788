/** How a run view says to its run what the user clicks. */
import { setAttribute, setText } from './element';
import type { Click, LiveRuns } from './live-runs';
import type { ListedLiveRun } from '@policybook/views';

/** What a click says of the view's own run. */
type OwnClick = Click extends infer C ? (C extends unknown ? Omit<C, 'run'> : never) : never;

/** Speaks for one run view, whose run may change with its output. */
export class RunSpeaker {
  private runs: LiveRuns | null = null;
  private run = '';

  /** The run as the kernel knows it while it takes messages; `null` where it does not. */
  get live(): ListedLiveRun | null {
    return this.runs?.find(this.run) ?? null;
  }

  /** Speaks from now on to this run, of the kernel that these runs are of; `null` for no kernel. */
  address(run: string, runs: LiveRuns | null): void {
    this.run = run;
    this.runs = runs;
  }

  /**
   * Says what `choose` gives when the user clicks, and shows the answer in `said`. A click that a script has made says nothing, nor
   * does a second one before the answer.
   */
  sayOnClick(button: HTMLButtonElement, said: HTMLElement, choose: () => OwnClick | null): void {
    button.addEventListener('click', (event) => {
      if (event.isTrusted) void this.say(button, said, choose());
    });
  }

  /** Says something and resolves with whether it is done. */
  async say(button: HTMLElement, said: HTMLElement, click: OwnClick | null): Promise<boolean> {
    const { live, runs } = this;
    if (click === null || live === null || runs === null || button.dataset['waits'] !== undefined)
      return false;
    button.dataset['waits'] = '';
    setText(said, '…');
    const { isDone, text } = await runs.say({ ...click, run: live.run });
    delete button.dataset['waits'];
    setAttribute(said, 'data-tone', isDone ? 'good' : 'bad');
    setText(said, text);
    return isDone;
  }
}
