/** Opens a policy's file in JupyterLab, to the right of the notebook. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { CommandRegistry } from '@lumino/commands';

/** Opens a file by its path relative to the notebook; rejects when it cannot be opened. */
export type PolicyOpener = (path: string) => Promise<void>;

const OPEN_COMMAND = 'docmanager:open';

/** The function that opens policies; `null` where the application cannot open documents. */
export function createPolicyOpener(
  commands: CommandRegistry,
  resolver: IRenderMime.IResolver | null,
): PolicyOpener | null {
  if (!commands.hasCommand(OPEN_COMMAND)) return null;
  return async (path) => {
    // A resolver takes and gives URLs; without one the path is taken from the server's root.
    const resolved = resolver ? decodeURI(await resolver.resolveUrl(encodeURI(path))) : path;
    await commands.execute(OPEN_COMMAND, { path: resolved, options: { mode: 'split-right', ref: null } });
  };
}
