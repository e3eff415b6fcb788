/** Makes and updates DOM nodes. Data enters as text only; there is no way to pass markup. */

/** What a new element has. */
export interface ElementParts {
  readonly class?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly Node[];
}

/** Makes an element. */
export function createElement<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  parts: ElementParts = {},
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (parts.class !== undefined) node.className = parts.class;
  if (parts.text !== undefined) node.textContent = parts.text;
  for (const [name, value] of Object.entries(parts.attributes ?? {})) node.setAttribute(name, value);
  node.append(...(parts.children ?? []));
  return node;
}

/** Touches the node only when the text differs: selections and screen readers notice every replacement. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Shows the text, and hides the element where there is none. */
export function showText(node: HTMLElement, text: string | null): void {
  setText(node, text ?? '');
  node.hidden = text === null;
}

/** Sets an attribute where it differs; `null` takes it away. */
export function setAttribute(node: Element, name: string, value: string | null): void {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
