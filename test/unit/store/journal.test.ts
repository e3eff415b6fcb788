/** The store's run folder and the tests' journal in memory keep the same contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEpisode, readRun } from '@policybook/store';
import { MemoryJournal } from '../engine/simulation';
import { declaration, opened } from './fixtures';
import { describeJournal, SETTINGS, type JournalUnderTest } from './journal-suite';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function openFolder(root: string): Promise<JournalUnderTest> {
  const { folder } = await opened(root, declaration({ settings: SETTINGS }));
  return {
    journal: folder,
    record: async () => {
      const stored = await readRun(root, 'first');
      if (!stored.ok) throw new Error(stored.message);
      return stored.value;
    },
    readEpisode: (hash, seed) => readEpisode(folder.path, hash, seed),
    reopen: async () => {
      await folder.close();
      return openFolder(root);
    },
    close: () => folder.close(),
  };
}

function openMemory(journal: MemoryJournal): JournalUnderTest {
  return {
    journal,
    record: () => Promise.resolve({ events: [...journal.events], clocks: journal.clocks.at(-1) }),
    readEpisode: (hash, seed) =>
      Promise.resolve(journal.followed.get(hash)?.find((episode) => episode.seed === seed)),
    reopen: () => Promise.resolve(openMemory(journal)),
    close: () => Promise.resolve(),
  };
}

describeJournal('of a run folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'policybook-journal-'));
  folders.push(root);
  return openFolder(root);
});

describeJournal('in memory', () => Promise.resolve(openMemory(new MemoryJournal())));
