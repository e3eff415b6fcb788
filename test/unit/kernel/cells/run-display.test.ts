import { RunDisplay } from '../../../../kernel/src/cells/outputs/run-display';
import { buildClocks, buildEvent, id, proposed, stateAfter } from '../../../fixtures/run-events';
import { CellEvaluator } from './cell-world';

test('a text that cannot be read fails the last update of the views, and nothing before it', async () => {
  const first = buildEvent('champion_promoted');
  const second = buildEvent('champion_promoted', { candidate: id(2), previous: id(1) });
  const state = stateAfter([proposed(1), first, proposed(2), second]);
  const source = {
    folder: 'policybook-runs/toys/first',
    readPolicy: () => Promise.reject(new Error('the text is gone')),
    readClocks: () => buildClocks(0),
  };
  const display = new RunDisplay(
    { display: () => ({ id: '0', update: () => undefined }) },
    source,
    new CellEvaluator(),
    [],
  );
  display.onEvent(second, state, source.readClocks());
  // A rejection that nothing has handled by the next turn of the event loop fails the test.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  await expect(display.finish(state, 0)).rejects.toThrow('the text is gone');
});
