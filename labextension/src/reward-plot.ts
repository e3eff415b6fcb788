/** The reward plot: Plotly's drawing of a figure, and its picture or text where it cannot be drawn. */
import type { Plotly } from 'plotly.js-basic-dist-min';
import { plotlyFigureSchema, PLOTLY_MIME, type PlotlyFigure } from '@policybook/views';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { createElement } from './element';

/** Named buttons only: plotly's own choice has one that sends the chart to a web service. */
const PLOTLY_CONFIG = {
  displaylogo: false,
  responsive: false,
  modeBarButtons: [['toImage', 'zoom2d', 'pan2d', 'resetScale2d']],
};

/** Shows the plot of one bundle. At most one drawing is under way; of those that wait, only the newest is drawn. */
export class RewardPlot extends Widget {
  private waiting: PlotlyFigure | null = null;
  private isDrawing = false;
  private plotly: Plotly | null = null;
  private readonly canvas = createElement('div', { class: 'pb-plot-canvas' });
  private readonly observer = new ResizeObserver(() => {
    this.fillWidth();
  });

  constructor() {
    super({ node: createElement('div', { class: 'pb-plot', attributes: { role: 'figure' } }) });
    this.observer.observe(this.node);
  }

  /** `data` is the whole bundle; `label` describes the plot to those who do not see it. */
  present(data: Readonly<Record<string, unknown>>, label: string): void {
    this.node.setAttribute('aria-label', label);
    const figure = plotlyFigureSchema.safeParse(data[PLOTLY_MIME]);
    if (!figure.success) {
      this.showStill(data);
      return;
    }
    if (!this.plotly) this.holdPlace(data, figure.data.layout.height);
    this.waiting = figure.data;
    this.draw().catch(() => {
      this.showStill(data);
    });
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.observer.disconnect();
    this.plotly?.purge(this.canvas);
    super.dispose();
  }

  /** A plot drawn while hidden has no size yet. */
  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.fillWidth();
  }

  private async draw(): Promise<void> {
    if (this.isDrawing) return;
    this.isDrawing = true;
    try {
      const plotly = (await import('plotly.js-basic-dist-min')).default;
      while (this.waiting && !this.isDisposed) {
        const figure = this.waiting;
        this.waiting = null;
        if (this.canvas.parentNode !== this.node) this.node.replaceChildren(this.canvas);
        await plotly.react(this.canvas, figure.data, adaptLayout(figure), PLOTLY_CONFIG);
        this.plotly = plotly;
      }
      if (this.isDisposed) plotly.purge(this.canvas);
    } finally {
      this.isDrawing = false;
    }
  }

  private fillWidth(): void {
    if (this.plotly && this.canvas.isConnected && this.canvas.clientWidth > 0) {
      void this.plotly.Plots.resize(this.canvas);
    }
  }

  /** Keeps the page from jumping while plotly loads: the saved picture, else the space. */
  private holdPlace(data: Readonly<Record<string, unknown>>, height: number): void {
    if (this.node.hasChildNodes()) return;
    this.canvas.style.minHeight = `${height}px`;
    this.node.replaceChildren(createPicture(data) ?? this.canvas);
  }

  private showStill(data: Readonly<Record<string, unknown>>): void {
    if (this.isDisposed) return;
    const text = data['text/plain'];
    const still =
      createPicture(data) ??
      createElement('pre', {
        class: 'pb-plot-text',
        text: typeof text === 'string' ? text : 'No plot in this output.',
      });
    this.node.replaceChildren(still);
  }
}

/** The header names the run, and Lab's fonts and the view's width apply. Colours follow the theme by CSS. */
function adaptLayout({ layout }: PlotlyFigure): object {
  const family = getComputedStyle(document.body).getPropertyValue('--jp-ui-font-family').trim();
  return {
    ...layout,
    title: { text: '' },
    margin: { ...layout.margin, t: 26, r: 36 },
    modebar: { orientation: 'v', bgcolor: 'rgba(0, 0, 0, 0)' },
    font: { ...layout.font, ...(family === '' ? {} : { family }) },
    autosize: true,
    uirevision: 'kept', // zooming and hidden traces survive updates
  };
}

function createPicture(data: Readonly<Record<string, unknown>>): HTMLImageElement | null {
  const png = data['image/png'];
  if (typeof png !== 'string') return null;
  const attributes = { src: `data:image/png;base64,${png.replace(/\s/g, '')}`, alt: '' };
  return createElement('img', { class: 'pb-plot-picture', attributes });
}
