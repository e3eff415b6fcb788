/** Top of the run view: which run, how it stands, the score of its head, and the button that opens its file. */
import {
  formatChoosing,
  formatInterval,
  formatMean,
  formatPace,
  formatScore,
  formatQuantity,
  formatReturn,
  formatStatus,
  formatThreshold,
  type RunPayload,
} from '@policybook/views';
import { createElement, setAttribute, setText, showText } from './element';
import { CandidateButtons } from './candidate-buttons';
import type { PolicyOpener } from './policy-opener';
import type { RunSpeaker } from './run-speaker';

/** The run view's head. It is built once; updates touch only what differs, so that focus and selections stay. */
export class RunHeader {
  readonly node: HTMLElement;
  private readonly name = createElement('span', { class: 'pb-run-name' });
  private readonly about = createElement('span', { class: 'pb-dim' });
  private readonly pill = createElement('span', { class: 'pb-pill' });
  private readonly activity = createElement('span', { class: 'pb-activity' });
  private readonly mean = createElement('span', { class: 'pb-mean' });
  private readonly interval = createElement('span', { class: 'pb-interval' });
  private readonly threshold = createElement('span', { class: 'pb-threshold' });
  /** What the large score is of: the head, in words, where it is not the champion. */
  private readonly role = createElement('div', { class: 'pb-role' });
  /** The champion, where the head is another policy. */
  private readonly proven = createElement('span', { class: 'pb-proven' });
  private readonly provenRow: HTMLElement;
  /** How far the head leads the champion without having been shown to be better, and how that is found out. */
  private readonly lead = createElement('div', { class: 'pb-dim', attributes: { role: 'note' } });
  /** The cell that finds it out. */
  private readonly adviceCell = createElement('pre', { class: 'pb-cell' });
  private readonly champion = createElement('span', { class: 'pb-champion-name' });
  private readonly label = createElement('span', { class: 'pb-dim' });
  private readonly openButton = createElement('button', {
    class: 'pb-button',
    attributes: { type: 'button' },
  });
  private readonly callButton = createElement('button', {
    class: 'pb-button',
    text: 'Prompt and answer',
    attributes: { type: 'button' },
  });
  private readonly alarms = createElement('ul', {
    class: 'pb-alarms',
    attributes: { 'aria-label': 'Alarms' },
  });
  private readonly trouble = createElement('span', { class: 'pb-trouble', attributes: { role: 'alert' } });
  private readonly confinement = createElement('div', {
    class: 'pb-confinement',
    attributes: { role: 'note' },
  });
  private readonly limitation = createElement('div', {
    class: 'pb-confinement',
    attributes: { role: 'note' },
  });
  private readonly headButtons: CandidateButtons;
  private readonly provenButtons: CandidateButtons;
  private path = '';
  private callPath: string | null = null;

  constructor(opener: PolicyOpener | null, speaker: RunSpeaker) {
    this.headButtons = new CandidateButtons(speaker);
    this.provenButtons = new CandidateButtons(speaker);
    this.provenRow = createElement('div', {
      class: 'pb-proven-row',
      children: [this.proven, this.provenButtons.node],
    });
    const title = createElement('div', {
      class: 'pb-title',
      children: [
        this.name,
        this.about,
        createElement('span', { class: 'pb-spring' }),
        this.activity,
        this.pill,
      ],
    });
    // Spoken when the head or its score changes, which is what one waits for.
    const score = createElement('div', {
      class: 'pb-score',
      attributes: { 'aria-live': 'polite' },
      children: [this.mean, this.interval, this.threshold],
    });
    const champion = createElement('div', {
      class: 'pb-champion',
      children: [
        this.champion,
        this.label,
        this.openButton,
        this.callButton,
        this.headButtons.node,
        this.trouble,
      ],
    });
    this.node = createElement('header', {
      class: 'pb-header',
      children: [
        this.limitation,
        title,
        this.role,
        score,
        champion,
        this.provenRow,
        this.lead,
        this.adviceCell,
        this.alarms,
        this.confinement,
      ],
    });
    setText(this.openButton, 'Open policy');
    this.openButton.hidden = true;
    this.callButton.hidden = true;
    if (opener) {
      this.openWhenClicked(this.openButton, opener, () => this.path);
      this.openWhenClicked(this.callButton, opener, () => this.callPath ?? '');
    }
  }

  update(payload: RunPayload): void {
    setText(this.name, payload.run);
    setText(this.about, `${payload.environment} by ${payload.author}`);
    setText(this.pill, formatStatus(payload.status));
    setAttribute(this.pill, 'data-status', payload.status);
    setText(this.activity, [payload.activity, formatPace(payload)].filter((part) => part !== '').join(' · '));
    setAttribute(this.activity, 'title', payload.activity);
    showText(this.limitation, payload.limitation);
    showText(this.confinement, payload.confinement);
    this.updateChampion(payload);
  }

  private updateChampion(payload: RunPayload): void {
    const { champion, proven } = payload;
    setText(this.mean, champion ? formatShownMean(champion) : '–');
    setText(this.interval, champion ? formatBehindMean(champion) : 'no champion yet');
    const isAccepted = payload.accepted?.isHead === true;
    showText(this.role, proven === null && !isAccepted ? null : formatRole(payload));
    setText(this.proven, proven === null ? '' : formatProven(proven));
    this.provenRow.hidden = proven === null;
    this.headButtons.update(payload.status === 'running' && champion ? { ...champion, isAccepted } : null);
    this.provenButtons.update(
      payload.status === 'running' && proven ? { ...proven, isAccepted: false } : null,
    );
    const later = isAccepted ? null : (payload.accepted?.text ?? null);
    const lead = [later, champion?.lead ?? null, champion?.advice ?? null].filter((text) => text !== null);
    showText(this.lead, lead.length === 0 ? null : lead.map(toSentence).join(' '));
    showText(this.adviceCell, champion?.adviceCell ?? null);
    setText(this.threshold, formatThreshold(payload));
    setAttribute(this.threshold, 'data-reached', String(formatThreshold(payload).startsWith('above')));
    this.updateAlarms(payload);
    setText(this.champion, champion?.reference ?? '');
    setText(this.label, champion ? `${champion.label} · ${champion.size}` : '');
    this.path = champion?.path ?? '';
    this.callPath = champion?.callPath ?? null;
    this.openButton.hidden = !champion || !this.openButton.dataset['opens'];
    this.callButton.hidden = this.callPath === null || !this.callButton.dataset['opens'];
    setAttribute(this.callButton, 'title', this.callPath);
    setAttribute(
      this.callButton,
      'aria-label',
      champion ? `Open the prompt and the answer that ${champion.reference} comes from` : null,
    );
    setAttribute(
      this.openButton,
      'aria-label',
      champion ? `Open policy ${champion.reference} in an editor` : null,
    );
    setAttribute(this.openButton, 'title', this.path);
  }

  /** Shows the reasons to doubt the score; a list that has not changed keeps its nodes. */
  private updateAlarms({ alarms }: RunPayload): void {
    this.alarms.hidden = alarms.length === 0;
    while (this.alarms.children.length > alarms.length) this.alarms.lastElementChild?.remove();
    alarms.forEach(({ text }, index) => {
      let item = this.alarms.children[index];
      if (item === undefined) {
        item = createElement('li');
        this.alarms.append(item);
      }
      setText(item, text);
    });
  }

  private openWhenClicked(button: HTMLButtonElement, opener: PolicyOpener, getPath: () => string): void {
    button.dataset['opens'] = 'true';
    button.addEventListener('click', () => {
      const path = getPath();
      setText(this.trouble, '');
      opener(path).catch(() => {
        setText(this.trouble, `Could not open ${path}`);
      });
    });
  }
}

/** Says what the head is, and of one that was not measured why its score is no proof. */
function formatRole({ champion: head, proven, accepted }: RunPayload): string {
  const what = accepted?.isHead === true ? 'accepted by you' : 'the best estimate';
  const role = `${proven === null ? 'Head and champion' : 'Head'}, ${what}, which the run hands over`;
  if (head?.isMeasured !== false) return role;
  return accepted?.isHead === true
    ? `${role}. It was not measured on fresh seeds.`
    : `${role}. The episodes that chose it flatter it.`;
}

/** Formats a mean with the digits that its interval supports; one that is shown without an interval with its own. */
function formatShownMean({ score, isMeasured }: NonNullable<RunPayload['champion']>): string {
  return isMeasured ? formatMean(score) : formatReturn(score.mean);
}

/** Formats as "Champion, the last that was shown on fresh seeds to be better: first@2 hover, 204.6 [180.1, 220.3] over 64 episodes". */
function formatProven({ reference, label, score, isFirst }: NonNullable<RunPayload['proven']>): string {
  const role = isFirst
    ? 'Champion, the first policy, since none was shown to be better yet'
    : 'Champion, the last that was shown on fresh seeds to be better';
  return `${role}: ${reference} ${label}, ${formatScore(score)}`;
}

/** Begins with a capital letter and ends with a full stop. */
function toSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Says behind a mean how certain it is; of a head that was not measured, by which episodes it was chosen. */
function formatBehindMean({ score, isMeasured }: NonNullable<RunPayload['champion']>): string {
  return isMeasured
    ? `${formatInterval(score)} over ${formatQuantity(score.episodes, 'episode')}`
    : formatChoosing(score.episodes);
}
