/** How the episodes of a policy ended, in a line of the run view. */
import type { EndingCount, EpisodesSummary } from '@policybook/engine';
import { formatCount, formatQuantity, formatReturn } from './numbers';

/** Ways of ending that are shown, at most. */
const ENDINGS_SHOWN = 4;

/**
 * Formats as "of 120 episodes 71 % truncated after 1,600 steps (mean return 12.3), 29 % terminated with crashed after 57 to 812 steps
 * (mean return -101)"; `null` where it is known of no episode how it ended.
 */
export function formatEndings({ endings, episodes, unknown }: EpisodesSummary): string | null {
  if (endings.length === 0) return null;
  const known = episodes - unknown;
  const shown = endings.slice(0, ENDINGS_SHOWN).map((ending) => formatEnding(ending, known));
  const more = endings.length - shown.length;
  return [
    `of ${formatQuantity(known, 'episode')} ${shown.join(', ')}`,
    ...(more === 0 ? [] : [formatQuantity(more, 'more way')]),
    ...(unknown === 0 ? [] : [`not known of ${formatQuantity(unknown, 'episode')}`]),
  ].join('; ');
}

function formatEnding({ ending, flags, episodes, steps, meanReturn }: EndingCount, known: number): string {
  const { least, most } = steps;
  const length = least === most ? formatCount(most) : `${formatCount(least)} to ${formatCount(most)}`;
  const set = flags.length === 0 ? '' : ` with ${flags.join(', ')}`;
  const part = Math.round((100 * episodes) / known);
  return `${part} % ${ending}${set} after ${length} steps (mean return ${formatReturn(meanReturn)})`;
}
