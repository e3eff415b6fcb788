/** The JupyterLab plugin: it registers the renderers of policybook's outputs. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { VIEW_RENDERERS } from './renderers';

/** Below 50, so that HTML and the picture of the same bundle come second. */
const RENDERER_RANK = 30;

const renderersPlugin: JupyterFrontEndPlugin<void> = {
  id: '@policybook/labextension:renderers',
  description: 'Shows learning runs, policy diffs and figures.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate(app: JupyterFrontEnd, rendermime: IRenderMimeRegistry): void {
    for (const { mimeType, create } of VIEW_RENDERERS) {
      const createRenderer = ({ resolver }: { readonly resolver: IRenderMime.IResolver | null }) =>
        create(app, resolver);
      rendermime.addFactory({ safe: true, mimeTypes: [mimeType], createRenderer }, RENDERER_RANK);
    }
  },
};

export default [renderersPlugin];
