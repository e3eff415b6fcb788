/** What a person says to a run that goes on: a note to its author, and stop; or the lines that say it, where a click cannot. */
import { MAX_NOTE_CHARACTERS, type RunPayload } from '@policybook/views';
import { createElement, setAttribute, showText } from './element';
import type { RunSpeaker } from './run-speaker';

/** A strip below the head of the run view. */
export class RunControls {
  readonly node: HTMLElement;
  private readonly note: HTMLElement;
  private readonly words = createElement('input', {
    class: 'pb-words',
    attributes: { type: 'text', autocomplete: 'off', maxlength: String(MAX_NOTE_CHARACTERS) },
  });
  private readonly send = createElement('button', {
    class: 'pb-button',
    text: 'Send note',
    attributes: { type: 'button' },
  });
  private readonly stop = createElement('button', {
    class: 'pb-button',
    text: 'Stop',
    attributes: { type: 'button' },
  });
  private readonly said = createElement('span', { class: 'pb-said', attributes: { role: 'status' } });
  private readonly clicks: HTMLElement;
  /** The lines to type. */
  private readonly lines = createElement('div', { class: 'pb-dim pb-lines', attributes: { role: 'note' } });

  constructor(private readonly speaker: RunSpeaker) {
    this.note = createElement('div', { class: 'pb-note', children: [this.words, this.send] });
    this.clicks = createElement('div', { class: 'pb-clicks', children: [this.note, this.stop] });
    this.node = createElement('div', {
      class: 'pb-controls',
      // Else keys that are typed here would be the notebook's.
      attributes: { 'data-lm-suppress-shortcuts': 'true' },
      children: [this.clicks, this.said, this.lines],
    });
    this.send.addEventListener('click', (event) => {
      if (event.isTrusted) void this.sendNote();
    });
    this.words.addEventListener('keydown', (event) => {
      if (event.isTrusted && event.key === 'Enter' && !event.isComposing) void this.sendNote();
    });
    speaker.sayOnClick(this.stop, this.said, () => ({ type: 'stop' }));
  }

  update({ run, status, champion }: RunPayload): void {
    const { live } = this.speaker;
    const isGoingOn = status === 'running';
    this.clicks.hidden = !isGoingOn || live === null;
    this.note.hidden = live?.readsWords !== true;
    setAttribute(this.words, 'aria-label', `Note to the author of ${run}`);
    setAttribute(this.words, 'placeholder', 'Note to the author: its next prompt has it');
    setAttribute(this.stop, 'aria-label', `Stop ${run}`);
    setAttribute(this.stop, 'title', `Ends ${run}, with everything kept; its cell run again goes on`);
    const best = champion?.reference ?? `${run}@1`;
    showText(
      this.lines,
      isGoingOn && live === null
        ? `While it learns in the background: %accept ${best}, %reject ${best}, %note ${run} WORDS, %stop ${run}`
        : null,
    );
    this.node.hidden = !isGoingOn;
  }

  private async sendNote(): Promise<void> {
    const text = this.words.value.trim();
    const isSent = await this.speaker.say(this.send, this.said, text === '' ? null : { type: 'note', text });
    if (isSent && this.words.value.trim() === text) this.words.value = '';
  }
}
