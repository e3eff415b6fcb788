import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEpisode } from '@policybook/store';
import { EpisodeReader, keepEpisodes, readEpisodes } from '../../../packages/store/src/episode-files';

const hash = 'ab'.repeat(32);
const episode = (seed: number, hashes = 'abc') => ({
  seed,
  steps: 3,
  trajectoryHashes: { every: 3, hashes },
});

const course = { rewardByTenth: Array<number>(10).fill(0.5), flags: ['crashed'], terms: { reward_ctrl: -1 } };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policybook-episodes-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('finds a policy’s episode again by its seed, and nothing for other seeds and other policies', async () => {
  await keepEpisodes(folder, hash, [episode(1), episode(12)]);
  await keepEpisodes(folder, hash, [episode(123, 'def')]);
  expect(await readEpisode(folder, hash, 12)).toEqual(episode(12));
  expect(await readEpisode(folder, hash, 123)).toEqual(episode(123, 'def'));
  expect(await readEpisode(folder, hash, 2)).toBeNull();
  expect(await readEpisode(folder, 'cd'.repeat(32), 1)).toBeNull();
});

it('says what keeps them from being written', async () => {
  await expect(keepEpisodes('/sys', hash, [episode(1)])).rejects.toMatchObject({
    code: 'read_only',
  });
});

it('loses to a kill in the middle of a line that line alone', async () => {
  await keepEpisodes(folder, hash, [episode(1)]);
  const [name = ''] = await readdir(join(folder, 'episodes'));
  await appendFile(join(folder, 'episodes', name), '\n{"seed":2,"steps":3,"check');
  await keepEpisodes(folder, hash, [episode(3)]);
  expect(await readEpisode(folder, hash, 2)).toBeNull();
  expect(await readEpisode(folder, hash, 1)).toEqual(episode(1));
  expect(await readEpisode(folder, hash, 3)).toEqual(episode(3));
});

it('reads all that is kept of a policy’s episodes, each as it was last, and those of earlier versions', async () => {
  const ended = { ...episode(2), ending: 'truncated' as const, course };
  await keepEpisodes(folder, hash, [episode(1), { ...ended, steps: 9 }]);
  await keepEpisodes(folder, hash, [ended]);
  const [name = ''] = await readdir(join(folder, 'episodes'));
  await appendFile(join(folder, 'episodes', name), '\n{"seed":5,"st');
  expect([...(await readEpisodes(folder, hash))]).toEqual([
    [1, episode(1)],
    [2, ended],
  ]);
  expect(await readEpisode(folder, hash, 2)).toEqual(ended);
  expect((await readEpisodes(folder, 'cd'.repeat(32))).size).toBe(0);
});

it('reads a file again once it has changed, and not before', async () => {
  const reader = new EpisodeReader(folder);
  expect((await reader.read(hash)).size).toBe(0);
  await keepEpisodes(folder, hash, [episode(1)]);
  const first = await reader.read(hash);
  expect([...first]).toEqual([[1, episode(1)]]);
  expect(await reader.read(hash)).toBe(first);
  await keepEpisodes(folder, hash, [episode(2)]);
  expect([...(await reader.read(hash)).keys()]).toEqual([1, 2]);
  await rm(join(folder, 'episodes'), { recursive: true });
  expect((await reader.read(hash)).size).toBe(0);
});

it('keeps the episodes in memory of as many policies as a prompt looks at', async () => {
  const reader = new EpisodeReader(folder);
  const hashes = Array.from({ length: 17 }, (_, index) => index.toString(16).padStart(2, '0').repeat(32));
  for (const each of hashes) await keepEpisodes(folder, each, [episode(1)]);
  const [first = ''] = hashes;
  const early = await reader.read(first);
  for (const each of hashes.slice(1)) await reader.read(each);
  const late = await reader.read(first);
  expect(late).toEqual(early);
  expect(late).not.toBe(early);
});
