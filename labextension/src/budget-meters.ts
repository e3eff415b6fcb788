/** The budget of a run: what it has spent of what it may spend. */
import { formatAmount, formatTallies, type RunPayload } from '@policybook/views';
import { createElement, setAttribute, setText } from './element';

type Row = RunPayload['budget'][number];

/** Shows a meter for each resource that has a limit, plain numbers for the others. Nodes are kept by name. */
export class BudgetMeters {
  readonly node = createElement('div', {
    class: 'pb-budget',
    attributes: { role: 'group', 'aria-label': 'Budget' },
  });
  private readonly cells = new Map<string, BudgetCell>();
  private readonly tally = new BudgetCell('candidates');

  constructor() {
    this.tally.node.classList.add('pb-mod-wide');
    this.node.append(this.tally.node);
  }

  update(payload: RunPayload): void {
    const names = new Set(payload.budget.map(({ name }) => name));
    for (const [name, cell] of this.cells) {
      if (names.has(name)) continue;
      cell.node.remove();
      this.cells.delete(name);
    }
    for (const row of payload.budget) this.findCell(row.name).update(row);
    this.tally.write(formatTallies(payload));
  }

  private findCell(name: string): BudgetCell {
    const known = this.cells.get(name);
    if (known) return known;
    const cell = new BudgetCell(name);
    this.cells.set(name, cell);
    this.tally.node.before(cell.node);
    return cell;
  }
}

class BudgetCell {
  readonly node: HTMLElement;
  private readonly text = createElement('span', { class: 'pb-budget-words' });
  private readonly bar = createElement('div', { class: 'pb-bar-full' });
  private readonly meter = createElement('div', {
    class: 'pb-bar',
    attributes: { role: 'meter', 'aria-valuemin': '0' },
    children: [this.bar],
  });

  constructor(private readonly name: string) {
    const title = createElement('span', { class: 'pb-budget-name', text: name });
    const line = createElement('div', { class: 'pb-budget-line', children: [title, this.text] });
    this.node = createElement('div', { class: 'pb-budget-cell', children: [line] });
  }

  update({ spent, limit, unit }: Row): void {
    if (limit === null) {
      this.write(formatAmount(spent, unit));
      this.meter.remove();
      return;
    }
    this.write(`${formatAmount(spent, unit)} of ${formatAmount(limit, unit)}`);
    const share = limit > 0 ? Math.min(1, spent / limit) : 1;
    this.bar.style.width = `${(100 * share).toFixed(1)}%`;
    setAttribute(this.meter, 'aria-label', this.name);
    setAttribute(this.meter, 'aria-valuenow', String(Math.min(spent, limit)));
    setAttribute(this.meter, 'aria-valuemax', String(limit));
    setAttribute(this.meter, 'aria-valuetext', this.text.textContent);
    if (this.meter.parentNode !== this.node) this.node.append(this.meter);
  }

  write(text: string): void {
    setText(this.text, text);
  }
}
