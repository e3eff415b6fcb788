/** Top of the run view: which run, how it stands, the champion's score, and the button that opens its file. */
import {
  intervalWords,
  meanWords,
  paceWords,
  plural,
  statusWords,
  thresholdWords,
  type RunPayload,
} from '@policybook/views';
import { element, setAttribute, setText } from './element';
import type { PolicyOpener } from './policy-opener';

/** Built once; updates touch only what differs, so that focus and selections stay. */
export class RunHeader {
  readonly node: HTMLElement;
  private readonly name = element('span', { class: 'pb-run-name' });
  private readonly about = element('span', { class: 'pb-dim' });
  private readonly pill = element('span', { class: 'pb-pill' });
  private readonly activity = element('span', { class: 'pb-activity' });
  private readonly mean = element('span', { class: 'pb-mean' });
  private readonly interval = element('span', { class: 'pb-interval' });
  private readonly threshold = element('span', { class: 'pb-threshold' });
  private readonly champion = element('span', { class: 'pb-champion-name' });
  private readonly label = element('span', { class: 'pb-dim' });
  private readonly open = element('button', { class: 'pb-button', attributes: { type: 'button' } });
  private readonly alarms = element('ul', { class: 'pb-alarms', attributes: { 'aria-label': 'Alarms' } });
  private readonly trouble = element('span', { class: 'pb-trouble', attributes: { role: 'alert' } });
  private readonly confinement = element('div', { class: 'pb-confinement', attributes: { role: 'note' } });
  private path = '';

  constructor(opener: PolicyOpener | null) {
    const title = element('div', {
      class: 'pb-title',
      children: [this.name, this.about, element('span', { class: 'pb-spring' }), this.activity, this.pill],
    });
    // Spoken when the champion or its score changes, which is what one waits for.
    const score = element('div', {
      class: 'pb-score',
      attributes: { 'aria-live': 'polite' },
      children: [this.mean, this.interval, this.threshold],
    });
    const champion = element('div', {
      class: 'pb-champion',
      children: [this.champion, this.label, this.open, this.trouble],
    });
    this.node = element('header', {
      class: 'pb-header',
      children: [title, score, this.alarms, this.confinement, champion],
    });
    setText(this.open, 'Open policy');
    this.open.hidden = true;
    if (opener) this.listen(opener);
  }

  update(payload: RunPayload): void {
    setText(this.name, payload.run);
    setText(this.about, `${payload.environment} by ${payload.author}`);
    setText(this.pill, statusWords(payload.status));
    setAttribute(this.pill, 'data-status', payload.status);
    setText(this.activity, [payload.activity, paceWords(payload)].filter((part) => part !== '').join(' · '));
    setAttribute(this.activity, 'title', payload.activity);
    setText(this.confinement, payload.confinement ?? '');
    this.confinement.hidden = payload.confinement === null;
    this.updateChampion(payload);
  }

  private updateChampion(payload: RunPayload): void {
    const { champion } = payload;
    setText(this.mean, champion ? meanWords(champion.score) : '–');
    setText(
      this.interval,
      champion
        ? `${intervalWords(champion.score)} over ${plural(champion.score.episodes, 'episode')}`
        : 'no champion yet',
    );
    setText(this.threshold, thresholdWords(payload));
    setAttribute(this.threshold, 'data-reached', String(thresholdWords(payload).startsWith('above')));
    this.updateAlarms(payload);
    setText(this.champion, champion?.reference ?? '');
    setText(this.label, champion ? `${champion.label} · ${champion.size}` : '');
    this.path = champion?.path ?? '';
    this.open.hidden = !champion || !this.open.dataset['opens'];
    setAttribute(this.open, 'aria-label', champion ? `Open policy ${champion.reference} in an editor` : null);
    setAttribute(this.open, 'title', this.path);
  }

  /** With the score that they concern; a list that has not changed keeps its nodes. */
  private updateAlarms({ alarms }: RunPayload): void {
    this.alarms.hidden = alarms.length === 0;
    while (this.alarms.children.length > alarms.length) this.alarms.lastElementChild?.remove();
    alarms.forEach(({ text }, index) => {
      let item = this.alarms.children[index];
      if (item === undefined) {
        item = element('li');
        this.alarms.append(item);
      }
      setText(item, text);
    });
  }

  private listen(opener: PolicyOpener): void {
    this.open.dataset['opens'] = 'true';
    this.open.addEventListener('click', () => {
      const { path } = this;
      setText(this.trouble, '');
      opener(path).catch(() => {
        setText(this.trouble, `Could not open ${path}`);
      });
    });
  }
}
