/** A figure that stands alone: what it shows in a line, and the plot, updated in place. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel, Widget } from '@lumino/widgets';
import { FIGURE_MIME, figurePayloadSchema } from '@policybook/views';
import { createElement, setText } from './element';
import { RewardPlot } from './reward-plot';

/** Shows one figure. It reads `data` only and never writes the model: two clients of one notebook would answer each other for ever. */
export class FigureRenderer extends Panel implements IRenderMime.IRenderer {
  private readonly heading = createElement('div', { class: 'pb-figure-title' });
  private readonly plot = new RewardPlot();

  constructor() {
    super();
    this.addClass('pb-figure');
    this.node.setAttribute('role', 'region');
    this.addWidget(new Widget({ node: this.heading }));
    this.addWidget(this.plot);
  }

  /** Called again with each update of the output. A payload of another version still has its plot, or its text. */
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const payload = figurePayloadSchema.safeParse(model.data[FIGURE_MIME]);
    const { title, label } = payload.success ? payload.data : { title: '', label: 'Figure' };
    this.node.setAttribute('aria-label', title === '' ? 'Figure' : title);
    setText(this.heading, title);
    this.plot.present(model.data, label);
    return Promise.resolve();
  }
}
