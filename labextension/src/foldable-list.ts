/** A list under a heading that folds; hidden while empty. */
import { createElement, setAttribute, setText } from './element';

/** One line of a list. */
export interface ListItem {
  /** Printed before the text, in a column of its own; may be empty. */
  readonly mark: string;
  readonly text: string;
  readonly tone: string;
}

/** Items are compared by place: an unchanged one keeps its node. The reader's folding is kept. */
export class FoldableList {
  readonly node: HTMLDetailsElement;
  private readonly summary = createElement('summary', { class: 'pb-fold-title' });
  private readonly list = createElement('ol', { class: 'pb-fold-list', attributes: { tabindex: '0' } });

  constructor(
    private readonly title: string,
    isOpen: boolean,
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
      const [mark, text] = node.children;
      if (mark && text) {
        setText(mark, item.mark);
        setText(text, item.text);
      }
    });
  }

  private addItem(): Element {
    const children = [
      createElement('span', { class: 'pb-fold-mark' }),
      createElement('span', { class: 'pb-fold-text' }),
    ];
    const node = createElement('li', { children });
    this.list.append(node);
    return node;
  }
}
