/** The buttons that accept or reject one candidate, and the kernel's answer beside them. */
import { createElement, setAttribute, setText } from './element';
import type { RunSpeaker } from './run-speaker';

/** A candidate that may be accepted or rejected. */
export interface Choosable {
  readonly reference: string;
  /** The name of its file; `null` in outputs of earlier versions, of which nothing can be chosen. */
  readonly policy: string | null;
  readonly isAccepted: boolean;
}

/** Two buttons, shown while the run takes messages. */
export class CandidateButtons {
  readonly node: HTMLElement;
  private readonly accept = createButton('Accept');
  private readonly reject = createButton('Reject');
  private readonly said = createElement('span', { class: 'pb-said', attributes: { role: 'status' } });
  private candidate: Choosable | null = null;

  constructor(private readonly speaker: RunSpeaker) {
    this.node = createElement('span', {
      class: 'pb-choice',
      // Else Enter would be the notebook's.
      attributes: { 'data-lm-suppress-shortcuts': 'true' },
      children: [this.accept, this.reject, this.said],
    });
    for (const [button, type] of [
      [this.accept, 'accept'],
      [this.reject, 'reject'],
    ] as const)
      speaker.sayOnClick(button, this.said, () => {
        const policy = this.candidate?.policy ?? null;
        return policy === null ? null : { type, policy };
      });
  }

  update(candidate: Choosable | null): void {
    if (candidate?.policy !== this.candidate?.policy) setText(this.said, '');
    this.candidate = candidate;
    const isShown = candidate !== null && candidate.policy !== null && this.speaker.live !== null;
    this.node.hidden = !isShown;
    if (!isShown) return;
    const { reference, isAccepted } = candidate;
    this.accept.hidden = isAccepted;
    setAttribute(this.accept, 'aria-label', `Accept ${reference}`);
    setAttribute(
      this.accept,
      'title',
      `Takes ${reference} as the result: the run hands it over, and goes on from it`,
    );
    setAttribute(this.reject, 'aria-label', `Reject ${reference}`);
    setAttribute(
      this.reject,
      'title',
      isAccepted
        ? `Takes back that you accepted ${reference}, and takes it out of the choice`
        : `Takes ${reference} out of the choice`,
    );
  }
}

function createButton(text: string): HTMLButtonElement {
  return createElement('button', { class: 'pb-button', text, attributes: { type: 'button' } });
}
