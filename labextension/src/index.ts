/** The JupyterLab plugin: renderers for policybook's run, diff and figure outputs. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { diffMime, figureMime, runMime } from '@policybook/views';
import { DiffView } from './diff-view';
import { FigureView } from './figure-view';
import { policyOpener } from './policy-opener';
import { RunView } from './run-view';

/** Below 50, so that HTML and the picture of the same bundle come second. */
const rank = 30;

const renderers: JupyterFrontEndPlugin<void> = {
  id: '@policybook/labextension:renderers',
  description: 'Shows learning runs, policy diffs and figures.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate(app: JupyterFrontEnd, rendermime: IRenderMimeRegistry): void {
    // Safe: all views show data as text and draw only the figures they know, so untrusted notebooks get them too.
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [runMime],
        createRenderer: ({ resolver }) => new RunView(policyOpener(app.commands, resolver)),
      },
      rank,
    );
    rendermime.addFactory({ safe: true, mimeTypes: [diffMime], createRenderer: () => new DiffView() }, rank);
    rendermime.addFactory(
      { safe: true, mimeTypes: [figureMime], createRenderer: () => new FigureView() },
      rank,
    );
  },
};

export default [renderers];
