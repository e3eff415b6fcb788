import { toySettings } from '../simulation';
import { ofType, run, world } from '../toy-run';

test.each([208, 240, 280])(
  'a head that is measured in two parts plays each of its fresh seeds once (%i episodes)',
  async (episodes) => {
    const near = [50, 48].map((mean) => ({ mean, noise: 5, luck: 3 }));
    const all = world([near]);
    const budget = { ...toySettings().budget, episodes };
    // No text is simplified that loses a golden case, so that what was kept for the simplifier measures the head.
    await run(all, { settings: { budget, seed: 2, golden: [{ seed: 7, atLeast: 1e6 }] } });
    const [first, second, ...others] = ofType(all.journal.events, 'head_measured');
    expect(others).toEqual([]);
    expect(second?.candidate).toBe(first?.candidate);
    const seeds = [first, second].flatMap((measured) => measured?.played.seeds ?? []);
    expect(new Set(seeds).size).toBe(seeds.length);
  },
);
