/** The run view: a renderer that shows one run and is updated in place while the run learns. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel, Widget } from '@lumino/widgets';
import { RUN_MIME, runPayloadSchema, formatMeasured, formatScore, type RunPayload } from '@policybook/views';
import type { Message } from '@lumino/messaging';
import { BudgetMeters } from './budget-meters';
import { CandidateList } from './candidate-list';
import { createElement, setText } from './element';
import { FoldableList } from './foldable-list';
import { findLiveRuns } from './live-runs';
import { ModelAnswer } from './model-answer';
import type { PolicyOpener } from './policy-opener';
import { RewardPlot } from './reward-plot';
import { RunControls } from './run-controls';
import { RunHeader } from './run-header';
import { RunSpeaker } from './run-speaker';

/** Shows one run. It reads `data` only and never writes the model: two clients of one notebook would answer each other for ever. */
export class RunRenderer extends Panel implements IRenderMime.IRenderer {
  private readonly speaker = new RunSpeaker();
  private readonly header: RunHeader;
  private readonly controls = new RunControls(this.speaker);
  private readonly candidates = new CandidateList(this.speaker);
  private readonly answer = new ModelAnswer();
  private readonly plot = new RewardPlot();
  private readonly budget = new BudgetMeters();
  private readonly findings = new FoldableList('Findings', false);
  private readonly evidence = new FoldableList('Evidence', true);
  private readonly log: FoldableList;
  private payload: RunPayload | null = null;
  /** Ends watching the kernel's runs; `null` while nothing watches. */
  private unwatch: (() => void) | null = null;
  private readonly unreadable = createElement('pre', { class: 'pb-unreadable' });

  constructor(opener: PolicyOpener | null) {
    super();
    this.addClass('pb-run');
    this.node.setAttribute('role', 'region');
    this.header = new RunHeader(opener, this.speaker);
    this.log = new FoldableList(
      'What happened',
      true,
      opener === null ? null : { label: 'prompt and answer', open: opener },
    );
    this.addWidget(new Widget({ node: this.header.node }));
    this.addWidget(new Widget({ node: this.controls.node }));
    this.addWidget(new Widget({ node: this.answer.node }));
    this.addWidget(this.plot);
    const foot = createElement('div', {
      children: [
        this.budget.node,
        this.candidates.node,
        this.evidence.node,
        this.findings.node,
        this.log.node,
      ],
    });
    this.addWidget(new Widget({ node: foot }));
  }

  /** Called again with each update of the output. */
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const payload = runPayloadSchema.safeParse(model.data[RUN_MIME]);
    if (payload.success) this.present(payload.data, model.data);
    else this.showText(model.data['text/plain']);
    return Promise.resolve();
  }

  private present(payload: RunPayload, data: Readonly<Record<string, unknown>>): void {
    this.unreadable.remove();
    this.removeClass('pb-mod-unreadable');
    this.node.setAttribute('aria-label', `Run ${payload.run}`);
    this.payload = payload;
    this.updateControls(payload);
    this.answer.update(payload);
    this.plot.present(data, formatPlotLabel(payload));
    this.budget.update(payload);
    this.evidence.update(payload.evidence.map(({ name, text }) => ({ mark: name, text, tone: 'plain' })));
    this.findings.update(payload.findings.map((text) => ({ mark: '', text, tone: 'plain' })));
    this.log.update(
      payload.log.toReversed().map(({ candidate, text, tone, callPath }) => ({
        mark: candidate === null ? '' : `@${candidate}`,
        text,
        tone,
        path: callPath,
      })),
    );
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.payload !== null) this.updateControls(this.payload);
  }

  protected override onBeforeDetach(message: Message): void {
    this.unwatch?.();
    this.unwatch = null;
    super.onBeforeDetach(message);
  }

  /** What changes with the kernel's runs, too: everything that can be clicked. */
  private updateControls(payload: RunPayload): void {
    if (payload.status === 'running' && this.isAttached) this.followRuns(payload.run);
    const accepted = payload.accepted?.isHead === true ? (payload.champion?.reference ?? null) : null;
    this.header.update(payload);
    this.controls.update(payload);
    this.candidates.update(payload.listed, accepted);
  }

  /** Follows which runs the kernel has, from the first output on that shows one which goes on. */
  private followRuns(run: string): void {
    const runs = findLiveRuns(this);
    this.speaker.address(run, runs);
    this.unwatch ??=
      runs?.watch(() => {
        if (this.payload !== null) this.updateControls(this.payload);
      }) ?? null;
  }

  /** A payload of a version that this extension does not know still has its text. */
  private showText(text: unknown): void {
    setText(this.unreadable, typeof text === 'string' ? text : 'This output needs a newer policybook.');
    this.addClass('pb-mod-unreadable');
    this.node.append(this.unreadable);
  }
}

function formatPlotLabel({ run, champion, proven }: RunPayload): string {
  const best = champion
    ? `${proven === null ? 'champion' : 'head'} ${champion.reference} at ${formatMeasured(champion)}`
    : 'no champion yet';
  const score =
    proven === null ? best : `${best}; champion ${proven.reference} at ${formatScore(proven.score)}`;
  return `Return over episodes of run ${run}: ${score}`;
}
