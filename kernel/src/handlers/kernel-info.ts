/** `kernel_info_request`: answered before anything but the sockets is up, because every client waits for it. */
import { PROTOCOL_VERSION, type KernelInfo } from '@policybook/wire';
import { version } from '../../package.json';
import { reply, type HandlerDecision } from './decision';

/** Describes the kernel; `pythonVersion` is the workbench's, such as 3.11.7. */
export function handleKernelInfo(pythonVersion: string): HandlerDecision {
  return reply('kernel_info_reply', describeKernel(pythonVersion));
}

function describeKernel(pythonVersion: string): KernelInfo {
  return {
    status: 'ok',
    protocol_version: PROTOCOL_VERSION,
    implementation: 'policybook',
    implementation_version: version,
    // ipykernel's, so that every tool takes the notebook for Python; only JupyterLab looks at the mode's name,
    // and where our highlighting is not registered the MIME type leads it back to Python. Clients in typed languages
    // refuse a mode without a version, which is that of Python here as it is in ipykernel's.
    language_info: {
      name: 'python',
      version: pythonVersion,
      mimetype: 'text/x-python',
      file_extension: '.py',
      pygments_lexer: 'ipython3',
      codemirror_mode: { name: 'policybook', version: 3, mime: 'text/x-ipython' },
      nbconvert_exporter: 'python',
    },
    banner: `policybook ${version} -- Python ${pythonVersion}; cells that start with %%environment or %%learn are policybook's`,
    help_links: [
      {
        text: 'Python Reference',
        url: `https://docs.python.org/${pythonVersion.split('.').slice(0, 2).join('.')}`,
      },
      { text: 'IPython Reference', url: 'https://ipython.readthedocs.io/en/stable/' },
      { text: 'Gymnasium Reference', url: 'https://gymnasium.farama.org/' },
      { text: 'NumPy Reference', url: 'https://numpy.org/doc/stable/reference/' },
    ],
    supported_features: ['kernel subshells', 'debugger'],
  };
}
