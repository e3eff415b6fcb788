import {
  deriveAuditSeeds,
  readRecordedEpisodes,
  type Audit,
  type CandidateId,
  type RunEvent,
} from '@policybook/engine';

const [one, two] = [1 as CandidateId, 2 as CandidateId];

const first = {
  type: 'champion_promoted',
  candidate: one,
  played: { seeds: [10, 11], returns: [1, 2], actions: '0000000100000002' },
} as RunEvent;
const compared = {
  type: 'challenger_compared',
  challenger: two,
  champion: one,
  pairs: {
    seeds: [11, 12],
    challenger: [5, 6],
    champion: [2, 3],
    challengerActions: '0000000500000006',
    championActions: '00000002--------',
  },
} as RunEvent;

it('finds what was played to measure the head', () => {
  const measured = { ...first, type: 'head_measured' } as RunEvent;
  expect(readRecordedEpisodes([measured], one).map(({ seed }) => seed)).toEqual([10, 11]);
});

it('finds what was played of a candidate, on either side of a comparison, each seed once', () => {
  expect(readRecordedEpisodes([first, compared], one)).toEqual([
    { seed: 10, return: 1, actions: '00000001' },
    { seed: 11, return: 2, actions: '00000002' },
    { seed: 12, return: 3, actions: null },
  ]);
  expect(readRecordedEpisodes([first, compared], two).map(({ seed }) => seed)).toEqual([11, 12]);
});

it('finds what an audit played, on the seeds that follow from its nonce', () => {
  const audit = {
    type: 'audited',
    candidate: two,
    ...{ policy: 'ab', environment: 'cd', nonce: '0'.repeat(32) },
    returns: [1, 2],
    actions: '00000001--------',
  } as RunEvent;
  const [first, second] = readRecordedEpisodes([audit], two);
  expect(first).toEqual({ seed: deriveAuditSeeds(audit as Audit, 1)[0], return: 1, actions: '00000001' });
  expect(second?.actions).toBeNull();
});

it('finds what was played in a race, of those who were dropped too', () => {
  const raced = {
    type: 'candidate_raced',
    candidate: two,
    played: { seeds: [20], returns: [7], actions: '00000007' },
    dropped: true,
  } as RunEvent;
  expect(readRecordedEpisodes([raced], two)).toEqual([{ seed: 20, return: 7, actions: '00000007' }]);
  expect(readRecordedEpisodes([raced], one)).toEqual([]);
});
