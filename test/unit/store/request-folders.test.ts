/** Numbered folders in which somebody outside is asked and answers. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NumberedFolders } from '@policybook/store';
import { temporaryFolder } from './fixtures';

const folder = temporaryFolder();
const files = () =>
  Promise.resolve(
    new Map([
      ['task.md', 'a task'],
      ['policies/1.py', 'def act(): ...'],
    ]),
  );

test('the next number follows the greatest that is there, whatever else lies beside it', async () => {
  const folders = new NumberedFolders(join(folder(), 'mail', 'first'));
  expect(await folders.findNext()).toBe('0001');
  await folders.make('0001', files);
  await mkdir(folders.locate('0009'));
  await mkdir(folders.locate('12-old'));
  expect(await folders.findNext()).toBe('0010');
  await mkdir(folders.locate('99999999999999999999999'));
  expect(await folders.findNext()).toBe('100000000000000000000000');
});

test('a folder appears whole, and one that is there stays as it is', async () => {
  const folders = new NumberedFolders(folder());
  const seen: string[][] = [];
  await folders.make('0001', async () => {
    seen.push((await readdir(folder())).filter((name) => !name.startsWith('.')));
    return files();
  });
  expect(seen).toEqual([[]]);
  expect(await readdir(folder())).toEqual(['0001']);
  expect(await folders.read('0001', 'policies/1.py', 1000)).toBe('def act(): ...');
  await folders.make('0001', () => Promise.reject(new Error('not asked for')));
  await folders.write('0001', 'task.md', 'another');
  expect(await readFile(folders.locate('0001', 'task.md'), 'utf8')).toBe('a task');
});

test('a file that is missing is null; one that is too long, and a pipe, which would be waited for, are refused', async () => {
  const folders = new NumberedFolders(folder());
  await folders.make('0001', files);
  expect(await folders.read('0001', 'task.md', 6)).toBe('a task');
  await expect(folders.read('0001', 'task.md', 5)).rejects.toThrow('has 6 bytes, and 5 are the most');
  expect(await folders.read('0001', 'done', 0)).toBeNull();
  expect(await folders.has('0001', 'done')).toBe(false);
  expect(await folders.has('0001', 'task.md')).toBe(true);
  execFileSync('mkfifo', [folders.locate('0001', 'answer.md')]);
  await expect(folders.read('0001', 'answer.md', 10)).rejects.toThrow('is no file');
});

test('what leads out of a folder is refused, the file as well as the folder, and their root may lead anywhere', async () => {
  const secret = join(folder(), 'secret');
  await writeFile(secret, 'of another folder');
  await mkdir(join(folder(), 'elsewhere'));
  await symlink(join(folder(), 'elsewhere'), join(folder(), 'mail'));
  const folders = new NumberedFolders(join(folder(), 'mail'));
  await folders.make('0001', files);
  expect(await folders.read('0001', 'task.md', 100)).toBe('a task');
  await symlink(secret, folders.locate('0001', 'answer.md'));
  await expect(folders.read('0001', 'answer.md', 100)).rejects.toThrow('is a symbolic link; put a copy');
  await rename(folders.locate('0001'), folders.locate('aside'));
  await symlink(folders.locate('aside'), folders.locate('0001'));
  await expect(folders.read('0001', 'task.md', 100)).rejects.toThrow('is a symbolic link');
});

test('a note beside the folders takes the place of the one before, and is not written where there are none', async () => {
  const folders = new NumberedFolders(join(folder(), 'mail'));
  await folders.post('stopped.md', 'not yet');
  expect(await readdir(folder())).toEqual([]);
  await folders.make('0001', files);
  await folders.post('stopped.md', 'paused');
  await folders.post('stopped.md', 'ended');
  expect(await readFile(join(folder(), 'mail', 'stopped.md'), 'utf8')).toBe('ended');
  await folders.post('stopped.md', null);
  expect(await readdir(join(folder(), 'mail'))).toEqual(['0001']);
});

test('a file gets another name, and one that is missing does not matter', async () => {
  const folders = new NumberedFolders(folder());
  await folders.make('0001', files);
  await folders.rename('0001', 'task.md', 'task-1.md');
  await folders.rename('0001', 'done', 'done-1');
  expect((await readdir(folders.locate('0001'))).sort()).toEqual(['policies', 'task-1.md']);
});

test('what cannot be written is an error that names the path', async () => {
  await writeFile(join(folder(), 'mail'), 'a file');
  const folders = new NumberedFolders(join(folder(), 'mail', 'first'));
  await expect(folders.make('0001', files)).rejects.toThrow(join(folder(), 'mail'));
});
