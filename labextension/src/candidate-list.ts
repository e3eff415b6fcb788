/** The candidates of a run that goes on, each with the buttons that accept or reject it. */
import type { RunPayload } from '@policybook/views';
import { CandidateButtons } from './candidate-buttons';
import { createElement, setText } from './element';
import type { RunSpeaker } from './run-speaker';

type Listed = RunPayload['listed'][number];

interface Row {
  readonly node: HTMLElement;
  readonly mark: HTMLElement;
  readonly text: HTMLElement;
  readonly buttons: CandidateButtons;
}

/** A folded list, shown while the run takes messages. */
export class CandidateList {
  readonly node: HTMLDetailsElement;
  private readonly summary = createElement('summary', { class: 'pb-fold-title' });
  private readonly list = createElement('ol', { class: 'pb-fold-list pb-candidates' });
  private readonly rows = new Map<string, Row>();
  private latest: readonly Listed[] = [];
  private accepted: string | null = null;

  constructor(private readonly speaker: RunSpeaker) {
    this.node = createElement('details', {
      class: 'pb-fold',
      attributes: { 'data-lm-suppress-shortcuts': 'true' },
      children: [this.summary, this.list],
    });
    for (const event of ['pointerleave', 'focusout'])
      this.list.addEventListener(event, () => {
        this.place();
      });
  }

  /** `accepted` is the reference of what the user has accepted; `null` for none. */
  update(listed: readonly Listed[], accepted: string | null): void {
    this.latest = listed;
    this.accepted = accepted;
    this.node.hidden = listed.length === 0 || this.speaker.live === null;
    setText(this.summary, `Candidates (${listed.length})`);
    for (const each of listed) this.fill(each);
    this.place();
  }

  private fill({ reference, policy, text }: Listed): void {
    const row = this.rows.get(policy);
    if (row === undefined) return;
    setText(row.mark, reference.slice(reference.lastIndexOf('@')));
    setText(row.text, text);
    row.buttons.update({ reference, policy, isAccepted: reference === this.accepted });
  }

  /** Places the rows, newest first. Under the pointer or the focus they stay where they are, so that a click hits what was aimed at. */
  private place(): void {
    if (this.list.matches(':hover, :focus-within') && this.rows.size > 0) return;
    const shown = new Set(this.latest.map(({ policy }) => policy));
    for (const [policy, { node }] of this.rows)
      if (!shown.has(policy)) {
        node.remove();
        this.rows.delete(policy);
      }
    this.latest.toReversed().forEach((each, index) => {
      const { node } = this.rows.get(each.policy) ?? this.addRow(each.policy);
      this.fill(each);
      const present = this.list.children[index];
      if (present !== node) this.list.insertBefore(node, present ?? null);
    });
  }

  private addRow(policy: string): Row {
    const mark = createElement('span', { class: 'pb-fold-mark' });
    const text = createElement('span', { class: 'pb-fold-text' });
    const buttons = new CandidateButtons(this.speaker);
    const row = { node: createElement('li', { children: [mark, text, buttons.node] }), mark, text, buttons };
    this.rows.set(policy, row);
    return row;
  }
}
