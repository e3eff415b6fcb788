/** Gains are gains over what came before, and simplifications together cost one margin at most. */
import { toySettings, type ToyPolicy } from '../simulation';
import { ofType, run, world } from '../toy-run';

const noisy = { luck: 10, noise: 1 };
/** Tuning gains 4, half of it at a time; a variant of the text loses 0.01. */
const script: readonly (readonly ToyPolicy[])[] = [
  [{ mean: 0, ...noisy }],
  [{ mean: 50, ...noisy, slack: 30, excess: 6 }],
  [{ mean: 90, ...noisy, excess: 5 }],
];

test('challengers meet the policy before any simplification, so that its losses cannot add up', async () => {
  const all = world(script);
  const acceptance = { confidence: 0.95, minEffect: 20, budgetShare: 0.4 };
  const settings = { returns: [-120, 200] as [number, number], acceptance, tune: true };
  const state = await run(all, {
    settings: { ...settings, budget: { ...toySettings().budget, episodes: 20_000 } },
  });
  const kinds = new Map(
    [...state.candidates.values()].map(({ id, kind, verdict }) => [id, { kind, verdict }]),
  );
  const compared = ofType(all.journal.events, 'challenger_compared');
  expect(compared.some(({ test }) => test === 'noninferiority')).toBe(true);
  for (const { champion } of compared) {
    const defender = kinds.get(champion);
    expect(defender?.kind !== 'simplification' || defender.verdict === 'better').toBe(true);
  }
  const margins = new Set(
    compared.flatMap(({ test, minEffect }) => (test === 'noninferiority' ? [minEffect] : [])),
  );
  expect([...margins]).toEqual([20]);
});
