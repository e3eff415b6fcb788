/** The diff view: a policy's text against another's, with both scores. */
import { Clipboard } from '@jupyterlab/apputils';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import {
  changeWords,
  diffMime,
  diffPayloadSchema,
  diffRows,
  scoreWords,
  type DiffPayload,
  type DiffRow,
} from '@policybook/views';
import { element } from './element';

const signs: Readonly<Record<DiffRow['kind'], string>> = { same: ' ', added: '+', removed: '-', gap: '' };
const spoken: Readonly<Record<DiffRow['kind'], string>> = {
  same: '',
  added: 'added',
  removed: 'removed',
  gap: '',
};

/** Drawn anew for each model: a diff does not change while one looks at it. */
export class DiffView extends Widget implements IRenderMime.IRenderer {
  constructor() {
    super({ node: element('section', { attributes: { role: 'region' } }) });
    this.addClass('pb-diff');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const content = drawn(model.data[diffMime]) ?? [plain(model.data['text/plain'])];
    this.node.replaceChildren(...content);
    this.node.setAttribute('aria-label', 'Policy diff');
    return Promise.resolve();
  }
}

/** `null` for a payload that cannot be read, a malformed diff included. */
function drawn(data: unknown): Node[] | null {
  const payload = diffPayloadSchema.safeParse(data);
  if (!payload.success) return null;
  try {
    return [head(payload.data), table(payload.data)];
  } catch {
    return null;
  }
}

function head(payload: DiffPayload): HTMLElement {
  const copy = element('button', { class: 'pb-button', text: 'Copy diff', attributes: { type: 'button' } });
  copy.addEventListener('click', () => {
    Clipboard.copyToSystem(payload.unified);
    copy.textContent = 'Copied';
  });
  copy.addEventListener('blur', () => {
    copy.textContent = 'Copy diff';
  });
  const sides = element('div', {
    class: 'pb-diff-sides',
    children: [side('-', payload.before), side('+', payload.after)],
  });
  const counts = element('span', { class: 'pb-dim', text: changeWords(payload) });
  return element('header', { class: 'pb-diff-head', children: [sides, counts, copy] });
}

function side(sign: '-' | '+', { reference, score }: DiffPayload['before']): HTMLElement {
  return element('div', {
    class: 'pb-diff-side',
    children: [
      element('span', {
        class: 'pb-diff-sign',
        text: sign,
        attributes: { 'data-kind': sign === '+' ? 'added' : 'removed' },
      }),
      element('span', { class: 'pb-champion-name', text: reference }),
      element('span', { class: 'pb-dim', text: score ? scoreWords(score) : 'not scored' }),
    ],
  });
}

function table(payload: DiffPayload): HTMLElement {
  const rows = diffRows(payload.unified);
  if (rows.length === 0) return element('p', { class: 'pb-dim', text: 'The texts are the same.' });
  const label = `${payload.before.reference} to ${payload.after.reference}, ${changeWords(payload)}`;
  const body = element('tbody', { children: rows.map(row) });
  const lines = element('table', {
    class: 'pb-diff-table',
    attributes: { 'aria-label': label },
    children: [body],
  });
  // Long lines scroll sideways; a scrolled region must be reachable by keyboard.
  return element('div', { class: 'pb-diff-scroll', attributes: { tabindex: '0' }, children: [lines] });
}

function row({ kind, before, after, spans }: DiffRow): HTMLTableRowElement {
  const text = spans.map((span) =>
    span.changed
      ? element('mark', { class: 'pb-diff-mark', text: span.text })
      : document.createTextNode(span.text),
  );
  const attributes = spoken[kind] === '' ? {} : { 'aria-label': spoken[kind] };
  return element('tr', {
    class: 'pb-diff-row',
    attributes: { 'data-kind': kind },
    children: [
      number(before),
      number(after),
      element('td', { class: 'pb-diff-sign', text: signs[kind], attributes }),
      element('td', { class: 'pb-diff-text', children: text }),
    ],
  });
}

function number(line: number | null): HTMLTableCellElement {
  return element('td', { class: 'pb-diff-number', text: line === null ? '' : String(line) });
}

function plain(text: unknown): HTMLElement {
  return element('pre', {
    class: 'pb-unreadable',
    text: typeof text === 'string' ? text : 'This output needs a newer policybook.',
  });
}
