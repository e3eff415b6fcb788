/** The JupyterLab plugin: renderers for policybook's run and diff outputs. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { diffMime, runMime } from '@policybook/views';
import { DiffView } from './diff-view';
import { policyOpener } from './policy-opener';
import { RunView } from './run-view';

/** Below 50, so that HTML and the picture of the same bundle come second. */
const rank = 30;

const renderers: JupyterFrontEndPlugin<void> = {
  id: '@policybook/labextension:renderers',
  description: 'Shows learning runs and policy diffs.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate(app: JupyterFrontEnd, rendermime: IRenderMimeRegistry): void {
    // Safe: both views show data as text and draw only the figures they know, so untrusted notebooks get them too.
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [runMime],
        createRenderer: ({ resolver }) => new RunView(policyOpener(app.commands, resolver)),
      },
      rank,
    );
    rendermime.addFactory({ safe: true, mimeTypes: [diffMime], createRenderer: () => new DiffView() }, rank);
  },
};

export default [renderers];
