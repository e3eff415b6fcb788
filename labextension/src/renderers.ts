/** The table of views: which widget shows which output. A view that is added is an entry here. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { DIFF_MIME, FIGURE_MIME, RUN_MIME } from '@policybook/views';
import { DiffRenderer } from './diff-view';
import { FigureRenderer } from './figure-view';
import { createPolicyOpener } from './policy-opener';
import { RunRenderer } from './run-view';

/** What shows the outputs of one MIME type. */
export interface ViewRenderer {
  readonly mimeType: string;
  /** Makes the widget of one output; `resolver` finds files from the notebook's folder. */
  readonly create: (app: JupyterFrontEnd, resolver: IRenderMime.IResolver | null) => IRenderMime.IRenderer;
}

/** All views. Each shows data as text and draws only the figures it knows, so that untrusted notebooks get them too. */
export const VIEW_RENDERERS: readonly ViewRenderer[] = [
  {
    mimeType: RUN_MIME,
    create: (app, resolver) => new RunRenderer(createPolicyOpener(app.commands, resolver)),
  },
  { mimeType: DIFF_MIME, create: () => new DiffRenderer() },
  { mimeType: FIGURE_MIME, create: () => new FigureRenderer() },
];
