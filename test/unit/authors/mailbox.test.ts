/** The author mailbox: somebody outside answers in folders, read and kept as a model's answers are. */
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Author, AuthorRequest } from '@policybook/engine';
import type { PolicyFailure } from '@policybook/protocol';
import { createAuthor } from '../../../packages/authors/src';
import { writePrompt } from '../../../packages/authors/src/prompt';
import { buildEvent } from '../../fixtures/run-events';
import { AnsweredFolders, mailboxSettings } from './answered-folders';
import { authorRequest, id, MemoryCalls, proposed, raced, UNUSED_PORTS } from './run-request';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'policybook-mailbox-'));
});
afterEach(() => rm(root, { recursive: true }));

const SLIP = '"""A slip."""\n\n\ndef act(observation):\n    return positon > 0\n';
const GOOD = '"""Follow the lean."""\n\n\ndef act(observation):\n    return int(observation[1] > 0)\n';
const inWords = (source: string) => `Label: the lean\nIdea: Follow it.\n\n\`\`\`python\n${source}\`\`\`\n`;

const failure: PolicyFailure = {
  code: 'raised',
  message: "NameError: name 'positon' is not defined",
  line: 5,
  column: null,
  seed: 5,
  step: 0,
};
const check: AuthorRequest['check'] = (source) =>
  Promise.resolve({ failure: source === SLIP ? failure : null, usage: {} });

/** Events of a run that has a best policy, whose text a request holds. */
const events = [proposed(1), raced(1, [10, 20]), buildEvent('head_changed', { candidate: id(1) })];

function openFolders(answer: AnsweredFolders['answer'], name = 'first'): AnsweredFolders {
  return new AnsweredFolders(join(root, name), answer);
}

function create(folders: AnsweredFolders, calls = new MemoryCalls(), settings = mailboxSettings()): Author {
  const created = createAuthor(settings, {
    evaluator: { request: () => Promise.reject(new Error('the mailbox asks no evaluator')) },
    calls,
    variables: {},
    notice: () => undefined,
    ...UNUSED_PORTS,
    openRequests: () => folders,
  });
  if (!created.ok) throw new Error(created.message);
  return created.value;
}

test('a request folder holds the prompt of a model, the run so far, and how to answer', async () => {
  const folders = openFolders(() => ({ 'answer.md': inWords(GOOD), done: '' }));
  const settings = mailboxSettings({ instructions: 'Use the lean alone.' });
  const activities: string[] = [];
  const request = { ...authorRequest({ events }), onActivity: (text: string) => activities.push(text) };
  const answer = await create(folders, new MemoryCalls(), settings).propose(request);
  expect(answer).toMatchObject({
    ok: true,
    value: {
      proposals: [{ label: 'the lean', idea: 'Follow it.', source: GOOD }],
      usage: { calls: 1 },
    },
  });
  const folder = join(root, 'first', '0001');
  expect((await readdir(folder, { recursive: true })).sort()).toEqual([
    'README.md',
    'answer.md',
    'contract.md',
    'done',
    'evidence.json',
    'history.json',
    'policies',
    'policies/1.py',
    'task.md',
  ]);
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const prompt = await writePrompt(request, {
    instructions: 'Use the lean alone.',
    mostTokens: 12_000,
    allowsEdits: true,
  });
  expect(await read('task.md')).toBe(`${prompt.system}\n\n${prompt.user}\n`);
  expect(prompt.user).toContain('Use the lean alone.');
  expect(await read('policies/1.py')).toBe(request.source(id(1)));
  expect(JSON.parse(await read('history.json'))).toMatchObject([{ candidate: 1, isBest: true }]);
  expect(JSON.parse(await read('evidence.json'))).toMatchObject({
    best: 1,
    environment: { id: 'CartPole-v1' },
  });
  expect(await read('README.md')).toContain('10 minutes');
  expect(activities.join()).toContain(folder);
});

test('where the run ends or is paused, that is said beside its folders until it asks again', async () => {
  const folders = openFolders(() => ({ 'policy.py': GOOD, done: '' }));
  const author = create(folders);
  const { state } = authorRequest({ events });
  await author.close?.(state);
  await author.propose(authorRequest({ events }));
  const stop = (reason: 'paused' | 'budget') => ({
    ...state,
    stopped: buildEvent('run_stopped', { reason, message: 'the reason' }),
  });
  const path = join(root, 'first', 'stopped.md');
  await author.close?.(stop('paused'));
  expect(await readFile(path, 'utf8')).toContain(
    'is paused: the reason. An answer to an open request is taken when its cell is run again.',
  );
  await author.close?.(stop('budget'));
  expect(await readFile(path, 'utf8')).toContain('has ended: the reason. Nothing that is left here is read');
  await create(folders).propose(authorRequest({ events }));
  expect(await readdir(join(root, 'first'))).toEqual(['0001', '0002']);
});

test.each([
  ['a symbolic link', (path: string) => symlink('/etc/passwd', path), 'is a symbolic link'],
  [
    'a file above a megabyte',
    (path: string) => writeFile(path, 'x'.repeat(1_000_001)),
    '1000000 are the most',
  ],
])('%s is refused as an answer', async (_, leave, said) => {
  const folders = openFolders(async (__, folder) => {
    await leave(folders.locate(folder, 'answer.md'));
    return { done: '' };
  });
  const answer = await create(folders).propose(authorRequest());
  expect(answer).toMatchObject({ ok: false, code: 'folder_error', isLasting: true });
  expect(answer.ok ? '' : answer.message).toContain(said);
});

test('nothing of an answer is read before done is there', async () => {
  const folders = openFolders((look) => {
    if (look === 1) return { 'answer.md': 'Label: half' };
    return look === 3 ? { 'answer.md': inWords(GOOD), done: '' } : null;
  });
  const answer = await create(folders).propose(authorRequest());
  expect(answer).toMatchObject({ ok: true, value: { proposals: [{ source: GOOD }] } });
  expect(folders.looks).toEqual(['done', 'done', 'done', 'answer.md']);
});

test('a policy alone is an answer, with the first line of its docstring for the idea', async () => {
  const folders = openFolders(() => ({ 'policy.py': `${GOOD}\nFENCE = "\`\`\`\`"\n`, done: '' }));
  const answer = await create(folders).propose(authorRequest());
  expect(answer).toMatchObject({
    value: {
      proposals: [{ label: 'mailbox 1', idea: 'Follow the lean.', source: `${GOOD}\nFENCE = "\`\`\`\`"\n` }],
    },
  });
});

test('an answer that cannot be played is handed back in its folder, twice at most', async () => {
  const folders = openFolders(() => ({ 'policy.py': SLIP, done: '' }));
  const calls = new MemoryCalls();
  const answer = await create(folders, calls).propose(authorRequest({ check }));
  expect(answer).toMatchObject({ ok: true, value: { proposals: [{ source: SLIP }], usage: { calls: 3 } } });
  expect(await readdir(join(root, 'first'))).toEqual(['0001']);
  const files = await readdir(join(root, 'first', '0001'));
  expect(files.filter((name) => /reply|policy|done/.test(name)).sort()).toEqual([
    'done',
    'done-1',
    'done-2',
    'policy-1.py',
    'policy-2.py',
    'policy.py',
    'reply-1.md',
    'reply-2.md',
  ]);
  const reply = await readFile(join(root, 'first', '0001', 'reply-1.md'), 'utf8');
  expect(reply).toContain("NameError: name 'positon' is not defined");
  expect(reply).toContain('> 5 |     return positon > 0');
  expect(reply).toContain('an empty file `done`');
  expect(calls.log).toEqual(['intend', 'answer', 'intend', 'answer', 'intend', 'answer']);
});

test.each([
  ['nothing but done', { done: '' }],
  ['words without a policy', { 'answer.md': 'I would follow the lean.', done: '' }],
])('%s is handed back as an answer without a policy', async (_, faulty) => {
  const folders = openFolders((look) => (look === 1 ? faulty : { 'policy.py': GOOD, done: '' }));
  const answer = await create(folders).propose(authorRequest({ check }));
  expect(answer).toMatchObject({ ok: true, value: { proposals: [{ source: GOOD }], usage: { calls: 2 } } });
  expect(await readFile(join(root, 'first', '0001', 'reply-1.md'), 'utf8')).toContain('0 Python files');
});

test('a killed kernel finds its request again, with the answer that came meanwhile, and asks for nothing twice', async () => {
  const calls = new MemoryCalls();
  const killed = new AbortController();
  const waiting = openFolders(() => {
    killed.abort();
    return null;
  });
  const request = authorRequest({ signal: killed.signal, check });
  expect(await create(waiting, calls).propose(request)).toMatchObject({ ok: false, code: 'cancelled' });
  await waiting.put('0001', 'policy.py', SLIP);
  await waiting.put('0001', 'done', '');
  // The next one is killed when it has handed that back in part: what it has not put aside is put aside again.
  const handing = openFolders(() => null);
  const rename = handing.rename.bind(handing);
  handing.rename = (folder, file, name) =>
    file === 'done' ? Promise.reject(new Error('killed')) : rename(folder, file, name);
  const second = await create(handing, calls).propose(authorRequest({ check }));
  expect(second).toMatchObject({ ok: false, code: 'folder_error', isLasting: true });
  const answering = openFolders(() => ({ 'policy.py': GOOD, done: '' }));
  const last = await create(answering, calls).propose(authorRequest({ check }));
  expect(last).toMatchObject({ ok: true, value: { proposals: [{ source: GOOD }], usage: { calls: 2 } } });
  expect(await readdir(join(root, 'first'))).toEqual(['0001']);
  // What is recorded needs no folder any more.
  await rm(join(root, 'first'), { recursive: true });
  expect(
    await create(
      openFolders(() => null),
      calls,
    ).propose(authorRequest({ check })),
  ).toEqual(last);
});

test('nobody answers: the run is paused, and the answer that is late is taken by the next session', async () => {
  const calls = new MemoryCalls();
  const settings = mailboxSettings({ deadlineSeconds: 0.01 });
  const late = openFolders(() => null);
  const answer = await create(late, calls, settings).propose(authorRequest());
  expect(answer).toMatchObject({ ok: false, code: 'deadline', isLasting: true, isOutage: true, usage: {} });
  expect(answer.ok ? '' : answer.message).toContain(join(root, 'first', '0001'));
  await late.put('0001', 'policy.py', GOOD);
  await late.put('0001', 'done', '');
  const next = await create(late, calls, settings).propose(authorRequest());
  expect(next).toMatchObject({ ok: true, value: { proposals: [{ source: GOOD }] } });
  expect(await readdir(join(root, 'first'))).toEqual(['0001']);
});

test('another run never takes the answers of an earlier one of its name', async () => {
  const first = openFolders(() => ({ 'policy.py': GOOD, done: '' }));
  await create(first).propose(authorRequest());
  const second = openFolders(() => ({ 'policy.py': SLIP, done: '' }));
  const answer = await create(second).propose(authorRequest());
  expect(answer).toMatchObject({ value: { proposals: [{ source: SLIP }] } });
  expect(second.made).toEqual(['0002']);
});

test('nothing is asked that no call is left for', async () => {
  const folders = openFolders(() => null);
  const answer = await create(folders).propose(authorRequest({ left: { calls: 0 } }));
  expect(answer).toMatchObject({ ok: false, code: 'budget' });
  expect(folders.made).toEqual([]);
});
