/** The answer of a model while it comes: how long, how many tokens, its idea, what the model says to itself, and the text. */
import { formatAnswerProgress, type RunPayload } from '@policybook/views';
import { createElement, setText, showText } from './element';

/**
 * An answer is shown while it comes, and is folded once it is complete: the call's file has the whole answer then. The next one is
 * shown again, unless the user has folded this one.
 */
export class ModelAnswer {
  readonly node: HTMLElement;
  private readonly progress = createElement('span', { class: 'pb-answer-progress' });
  private readonly idea = createElement('div', { class: 'pb-answer-idea' });
  private readonly reasoning = createElement('pre', { class: 'pb-answer-text pb-dim' });
  private readonly thoughts: HTMLDetailsElement;
  private readonly content = createElement('pre', { class: 'pb-answer-text', attributes: { tabindex: '0' } });
  private readonly details: HTMLDetailsElement;
  /** What was said last of the answer that is coming; `null` where none is. */
  private coming: string | null = null;
  /** Whether answers are unfolded while they come. */
  private isUnfolded = true;

  constructor() {
    this.thoughts = createElement('details', {
      children: [
        createElement('summary', { class: 'pb-fold-title', text: 'What the model says to itself' }),
        this.reasoning,
      ],
    });
    this.details = createElement('details', {
      class: 'pb-fold pb-answer',
      children: [
        createElement('summary', { class: 'pb-fold-title', children: [this.progress] }),
        this.idea,
        this.thoughts,
        this.content,
      ],
    });
    this.details.hidden = true;
    this.node = this.details;
  }

  update({ answer }: RunPayload): void {
    if (answer === null) {
      this.fold();
      return;
    }
    if (this.coming === null) this.details.open = this.isUnfolded;
    this.details.hidden = false;
    this.coming = formatAnswerProgress(answer);
    setText(this.progress, `The model is answering: ${this.coming} so far`);
    showText(this.idea, answer.idea);
    this.thoughts.hidden = answer.reasoning === '';
    showLatest(this.reasoning, answer.reasoning);
    this.content.hidden = answer.content === '';
    showLatest(this.content, answer.content);
  }

  private fold(): void {
    if (this.coming === null) return;
    setText(this.progress, `The model's last answer: ${this.coming}`);
    this.coming = null;
    this.isUnfolded = this.details.open;
    this.details.open = false;
  }
}

/** Shows a text that grows, and its end where the reader has not scrolled away from it. */
function showLatest(node: HTMLElement, text: string): void {
  const isAtEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 24;
  setText(node, text);
  if (isAtEnd) node.scrollTop = node.scrollHeight;
}
