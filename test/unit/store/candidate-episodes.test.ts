import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireCandidate, type CandidateId } from '@policybook/engine';
import { readCandidateEpisodes } from '@policybook/store';
import { keepEpisodes } from '../../../packages/store/src/episode-files';
import { lunarEvents, stateOf } from '../../fixtures/lunar-run';

const [two, three] = [2 as CandidateId, 3 as CandidateId];
const recorded = stateOf(lunarEvents);
const change = (id: CandidateId, values: object) => ({ ...requireCandidate(recorded, id), ...values });
const state = {
  ...recorded,
  candidates: new Map([
    ...recorded.candidates,
    [two, change(two, { hash: 'aa'.repeat(32), training: new Map([[30, 5]]), fresh: new Map([[40, 6]]) })],
    [
      three,
      change(three, {
        ...{ hash: 'bb'.repeat(32), actsAs: two },
        ...{ training: new Map([[31, 7]]), fresh: new Map([[41, 8]]) },
      }),
    ],
  ]),
};
const kept = (seed: number, steps: number) => ({
  seed,
  steps,
  trajectoryHashes: { every: steps, hashes: 'abc' },
  ending: 'truncated' as const,
  course: { rewardByTenth: Array<number>(10).fill(1), flags: ['late'], terms: {} },
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policybook-candidates-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('joins the returns of the record with what is kept, those of a candidate that acts alike included', async () => {
  await keepEpisodes(folder, 'aa'.repeat(32), [kept(30, 3), kept(40, 4), kept(41, 99)]);
  await keepEpisodes(folder, 'bb'.repeat(32), [kept(41, 41), kept(1000, 5)]);
  expect(await readCandidateEpisodes(folder, state, three)).toEqual([
    // A policy that fails leaves nothing but the return that its failure counts as.
    { seed: 31, return: 7, isFresh: false, kept: null },
    { seed: 30, return: 5, isFresh: false, kept: kept(30, 3) },
    { seed: 41, return: 8, isFresh: true, kept: kept(41, 41) },
    { seed: 40, return: 6, isFresh: true, kept: kept(40, 4) },
  ]);
  expect((await readCandidateEpisodes(folder, state, two)).map(({ seed }) => seed)).toEqual([30, 40]);
});

it('reads a run of which nothing is kept but its record', async () => {
  const episodes = await readCandidateEpisodes(folder, recorded, three);
  expect(episodes.length).toBeGreaterThan(0);
  expect(episodes.every((episode) => episode.kept === null)).toBe(true);
});
