/** Names that cells declare. They become folder names and stand in references, so they are kept plain. */

import { foldName } from '@policybook/protocol';

const NAME_PATTERN = /^[\p{L}_][\p{L}\p{N}_.-]{0,63}$/u;
const VERSION = /-v\d+$/;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** What a name may look like, in words. */
export const NAME_FORM = 'a name (a letter or _, then letters, digits, _, - or .; at most 64)';

/** Whether `text` can name a run, an environment, a simulator or a policy. A `.py` ending is kept for paths. */
export function isName(text: string): boolean {
  return (
    NAME_PATTERN.test(text) && !text.endsWith('.py') && !text.endsWith('.') && !WINDOWS_DEVICE.test(text)
  );
}

/**
 * The name of a run whose cell gives none: that of a declared environment as it is written, and of an id, which has a namespace or
 * a version, the rest in lower case. `LunarLander-v3` gives `lunarlander`, `ALE/Breakout-v5` gives `breakout`, `zeroD` stays.
 */
export function deriveRunName(environment: string): string {
  const folded = foldName(environment);
  if (isName(folded) && !VERSION.test(folded)) return folded;
  const slug = folded
    .replace(/^.*[/:]/, '')
    .replace(VERSION, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]+/gu, '-')
    .replace(/^[-\p{N}]+|-+$/gu, '')
    .slice(0, 64);
  return isName(slug) ? slug : 'run';
}
