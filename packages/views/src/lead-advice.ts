/** What a person can do where a head leads the champion without having been shown to: more episodes of the run are none of it. */
import { findUnprovenLead, type RunState } from '@policybook/engine';

/** The seeds of a comparison where no forecast says how many would tell the two apart. */
const USUAL_SEEDS = 200;
/** A forecast of fewer seeds is hardly one. */
const LEAST_SEEDS = 50;

/**
 * Formats as "%%compare with policies: [first, first@champion] and episodes: 100 plays both on the same fresh seeds and says which is
 * better"; `null` for a run that goes on, which may find out itself, and where the champion is the head.
 */
export function formatLeadAdvice(state: RunState): string | null {
  if (state.stopped === null) return null;
  const lead = findUnprovenLead(state);
  if (lead === null) return null;
  const seeds = lead.episodes === null ? USUAL_SEEDS : Math.max(LEAST_SEEDS, roundUp(lead.episodes / 2));
  const { run } = state;
  return `to decide: %%compare with policies: [${run}, ${run}@champion] and episodes: ${seeds} plays both on the same fresh seeds, and says how far apart they are`;
}

/** Rounds up to tens, or of large numbers to hundreds: it is a forecast. */
function roundUp(seeds: number): number {
  const unit = seeds > 1000 ? 100 : 10;
  return Math.ceil(seeds / unit) * unit;
}
