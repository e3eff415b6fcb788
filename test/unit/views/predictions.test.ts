import { buildRunPayload } from '../../../packages/views/src';
import { buildEvent, id, stateAfter } from '../../fixtures/run-events';
import { lunarProgress } from '../../fixtures/lunar-run';

test('the run view says in one line how often the predictions of the author were right', () => {
  const events = [
    buildEvent('run_declared', {}),
    buildEvent('candidate_proposed', { candidate: id(1) }),
    buildEvent('candidate_raced', { candidate: id(1) }),
    buildEvent('candidate_proposed', { candidate: id(2), parent: id(1), expected: -3 }),
    buildEvent('candidate_raced', {
      candidate: id(2),
      played: { seeds: [1, 2], returns: [4, 6], actions: '0f3a9c210f3a9c22' },
    }),
  ];
  const { evidence } = buildRunPayload(stateAfter(events), lunarProgress);
  expect(evidence.filter(({ name }) => name === 'predictions')).toEqual([
    {
      name: 'predictions',
      text: '1 gain predicted, 1 measured: 0 had the right sign, 0 the right size (within two standard errors)',
    },
  ]);
});
