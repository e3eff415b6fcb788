/** What is done for one answer counts as if it was an event already: episodes and the steps that they took. */
import { TurnBudget } from '../../../../packages/engine/src/run/turn-budget';
import { UNLIMITED_BUDGET } from '../../../../packages/protocol/src';
import { buildEvent, stateAfter } from '../../../fixtures/run-events';
import { toyFacts, toySettings } from '../simulation';

const settings = toySettings({ budget: { ...UNLIMITED_BUDGET, episodes: 100, steps: 1000 } });
// An episode is expected to take 50 steps before any was played.
const state = stateAfter([buildEvent('run_declared', { settings, facts: toyFacts })]);

test('steps that were taken bound what may still be played, as episodes do', () => {
  const turn = new TurnBudget(state);
  expect([turn.episodes, turn.episodesForTools, turn.left.steps]).toEqual([20, 10, 1000]);
  turn.spend({ episodes: 4, steps: 800 });
  expect([turn.episodes, turn.episodesForTools, turn.left.steps]).toEqual([1, 1, 200]);
  turn.spend({ episodes: 1, steps: 200 });
  expect([turn.episodes, turn.episodesForTools, turn.left.steps]).toEqual([0, 0, 0]);
});

test('tools take at most half of what was left when the author was asked', () => {
  const turn = new TurnBudget(state);
  turn.spend({ episodes: 8, steps: 80 });
  expect([turn.episodes, turn.episodesForTools]).toEqual([92, 2]);
});
