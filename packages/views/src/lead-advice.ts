/** What a person can do where a head leads the champion without having been shown to: more episodes of the run are none of it. */
import type { RunState, UnprovenLead } from '@policybook/engine';

/** The seeds of a comparison where no forecast says how many would tell the two apart. */
const USUAL_SEEDS = 200;
/** A forecast of fewer seeds is hardly one. */
const LEAST_SEEDS = 50;
/** Two policies that only so many times the episodes of the run would tell apart are practically equal. */
const MOST_BUDGETS = 10;

/** What to do, in a sentence without its capital letter and full stop, and the cell that does it; `null` for none. */
export interface LeadAdvice {
  readonly text: string;
  readonly cell: string | null;
}

/** Advises on a lead; `null` for a run that goes on, which may find out itself, and for no lead. */
export function adviseOnLead(state: RunState, lead: UnprovenLead | null): LeadAdvice | null {
  if (state.stopped === null || lead === null) return null;
  const { run, settings, usage } = state;
  const forecast = lead.episodes === null ? null : lead.episodes / 2;
  if (forecast !== null && forecast > MOST_BUDGETS * (settings.budget.episodes ?? usage.episodes))
    return { text: 'head and champion are practically equal, and either can be taken', cell: null };
  const seeds = forecast === null ? USUAL_SEEDS : Math.max(LEAST_SEEDS, roundUp(forecast));
  return {
    text: 'to decide, run the cell below: it plays both on the same fresh seeds, and says how far apart they are',
    cell: ['%%compare', `policies: [${run}, ${run}@champion]`, `episodes: ${seeds}`].join('\n'),
  };
}

/** Rounds up to tens, or of large numbers to hundreds: it is a forecast. */
function roundUp(seeds: number): number {
  const unit = seeds > 1000 ? 100 : 10;
  return Math.ceil(seeds / unit) * unit;
}
