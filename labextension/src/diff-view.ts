/** The diff view: a policy's text against another's, with both scores. */
import { Clipboard } from '@jupyterlab/apputils';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import {
  formatChange,
  DIFF_MIME,
  diffPayloadSchema,
  readDiffRows,
  formatMeasured,
  type DiffPayload,
  type DiffRow,
} from '@policybook/views';
import { createElement } from './element';

const SIGNS: Readonly<Record<DiffRow['kind'], string>> = { same: ' ', added: '+', removed: '-', gap: '' };
const SPOKEN_KINDS: Readonly<Record<DiffRow['kind'], string>> = {
  same: '',
  added: 'added',
  removed: 'removed',
  gap: '',
};

/** Shows one diff. It draws all of it for each model, because a diff does not change while one looks at it. */
export class DiffRenderer extends Widget implements IRenderMime.IRenderer {
  constructor() {
    super({ node: createElement('section', { attributes: { role: 'region' } }) });
    this.addClass('pb-diff');
  }

  /** Called once for each output. */
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const content = createDiff(model.data[DIFF_MIME]) ?? [createPlainText(model.data['text/plain'])];
    this.node.replaceChildren(...content);
    this.node.setAttribute('aria-label', 'Policy diff');
    return Promise.resolve();
  }
}

/** Creates the nodes of a diff; `null` for a payload that cannot be read, a malformed diff included. */
function createDiff(data: unknown): Node[] | null {
  const payload = diffPayloadSchema.safeParse(data);
  if (!payload.success) return null;
  try {
    return [createHead(payload.data), createTable(payload.data)];
  } catch {
    return null;
  }
}

function createHead(payload: DiffPayload): HTMLElement {
  const copy = createElement('button', {
    class: 'pb-button',
    text: 'Copy diff',
    attributes: { type: 'button' },
  });
  copy.addEventListener('click', () => {
    Clipboard.copyToSystem(payload.unified);
    copy.textContent = 'Copied';
  });
  copy.addEventListener('blur', () => {
    copy.textContent = 'Copy diff';
  });
  const sides = createElement('div', {
    class: 'pb-diff-sides',
    children: [createSide('-', payload.before), createSide('+', payload.after)],
  });
  const counts = createElement('span', { class: 'pb-dim', text: formatChange(payload) });
  return createElement('header', { class: 'pb-diff-head', children: [sides, counts, copy] });
}

function createSide(sign: '-' | '+', { reference, score, isMeasured }: DiffPayload['before']): HTMLElement {
  return createElement('div', {
    class: 'pb-diff-side',
    children: [
      createElement('span', {
        class: 'pb-diff-sign',
        text: sign,
        attributes: { 'data-kind': sign === '+' ? 'added' : 'removed' },
      }),
      createElement('span', { class: 'pb-champion-name', text: reference }),
      createElement('span', {
        class: 'pb-dim',
        text: score ? formatMeasured({ score, isMeasured }) : 'not scored',
      }),
    ],
  });
}

function createTable(payload: DiffPayload): HTMLElement {
  const rows = readDiffRows(payload.unified);
  if (rows.length === 0) return createElement('p', { class: 'pb-dim', text: 'The texts are the same.' });
  const label = `${payload.before.reference} to ${payload.after.reference}, ${formatChange(payload)}`;
  const body = createElement('tbody', { children: rows.map(createRow) });
  const lines = createElement('table', {
    class: 'pb-diff-table',
    attributes: { 'aria-label': label },
    children: [body],
  });
  // Long lines scroll sideways; a scrolled region must be reachable by keyboard.
  return createElement('div', { class: 'pb-diff-scroll', attributes: { tabindex: '0' }, children: [lines] });
}

function createRow({ kind, before, after, spans }: DiffRow): HTMLTableRowElement {
  const text = spans.map((span) =>
    span.changed
      ? createElement('mark', { class: 'pb-diff-mark', text: span.text })
      : document.createTextNode(span.text),
  );
  const attributes = SPOKEN_KINDS[kind] === '' ? {} : { 'aria-label': SPOKEN_KINDS[kind] };
  return createElement('tr', {
    class: 'pb-diff-row',
    attributes: { 'data-kind': kind },
    children: [
      createLineNumber(before),
      createLineNumber(after),
      createElement('td', { class: 'pb-diff-sign', text: SIGNS[kind], attributes }),
      createElement('td', { class: 'pb-diff-text', children: text }),
    ],
  });
}

function createLineNumber(line: number | null): HTMLTableCellElement {
  return createElement('td', { class: 'pb-diff-number', text: line === null ? '' : String(line) });
}

function createPlainText(text: unknown): HTMLElement {
  return createElement('pre', {
    class: 'pb-unreadable',
    text: typeof text === 'string' ? text : 'This output needs a newer policybook.',
  });
}
