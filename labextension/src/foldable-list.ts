/** A list under a heading that folds; hidden while empty. */
import { createElement, setAttribute, setText } from './element';
import type { PolicyOpener } from './policy-opener';

/** One line of a list. */
export interface ListItem {
  /** Printed before the text, in a column of its own; may be empty. */
  readonly mark: string;
  readonly text: string;
  readonly tone: string;
  /** A file that a button behind the text opens; absent or `null` for none. */
  readonly path?: string | null;
}

/** Items are compared by place: an unchanged one keeps its node. The reader's folding is kept. */
export class FoldableList {
  readonly node: HTMLDetailsElement;
  private readonly summary = createElement('summary', { class: 'pb-fold-title' });
  private readonly list = createElement('ol', { class: 'pb-fold-list', attributes: { tabindex: '0' } });

  constructor(
    private readonly title: string,
    isOpen: boolean,
    private readonly opening: { readonly label: string; readonly open: PolicyOpener } | null = null,
  ) {
    this.node = createElement('details', { class: 'pb-fold', children: [this.summary, this.list] });
    this.node.open = isOpen;
    this.node.hidden = true;
  }

  update(items: readonly ListItem[]): void {
    this.node.hidden = items.length === 0;
    setText(this.summary, `${this.title} (${items.length})`);
    while (this.list.children.length > items.length) this.list.lastElementChild?.remove();
    items.forEach((item, index) => {
      const node = this.list.children[index] ?? this.addItem();
      setAttribute(node, 'data-tone', item.tone);
      const [mark, text, button] = node.children;
      if (mark && text) {
        setText(mark, item.mark);
        setText(text, item.text);
      }
      if (button instanceof HTMLButtonElement) this.updateButton(button, item);
    });
  }

  private addItem(): Element {
    const children = [
      createElement('span', { class: 'pb-fold-mark' }),
      createElement('span', { class: 'pb-fold-text' }),
    ];
    const node = createElement('li', { children });
    if (this.opening !== null) node.append(this.createButton(this.opening));
    this.list.append(node);
    return node;
  }

  private createButton({ label, open }: NonNullable<typeof this.opening>): HTMLButtonElement {
    const button = createElement('button', {
      class: 'pb-button pb-fold-button',
      text: label,
      attributes: { type: 'button' },
    });
    button.addEventListener('click', () => {
      open(button.title).catch(() => {
        setText(button, 'Could not open it');
      });
    });
    return button;
  }

  private updateButton(button: HTMLButtonElement, { path = null, mark }: ListItem): void {
    button.hidden = path === null;
    setAttribute(button, 'title', path);
    setAttribute(button, 'aria-label', path === null ? null : `Open the prompt and the answer of ${mark}`);
  }
}
