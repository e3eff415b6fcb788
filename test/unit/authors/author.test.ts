/** Every author keeps the same contract: `search` with an evaluator in memory, `openai` with a real local server, `mailbox` with folders. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Author, AuthorSettings, Evaluator } from '@policybook/engine';
import { NumberedFolders } from '@policybook/store';
import { createAuthor, describeReplay, type AuthorDependencies } from '../../../packages/authors/src';
import {
  startOpenAiServer,
  type OpenAiServer,
  type ScriptedAnswer,
} from '../../fixtures/scripted-openai-server';
import type { OpenAiSettings } from '../../../packages/authors/src/openai-settings';
import { AnsweredFolders, mailboxSettings } from './answered-folders';
import { ASKED, describeAuthor, type AuthorUnderTest } from './author-suite';
import { submitByClient } from './mcp-client';
import { failToRead, listCalls, MemoryCalls, openAiSettings, UNUSED_PORTS } from './run-request';

const SOURCE = 'def act(observation):\n    return 1\n';
const servers: OpenAiServer[] = [];
const roots: string[] = [];
const opened: Author[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  for (const author of opened.splice(0)) await author.close?.(null);
  for (const root of roots.splice(0)) await rm(root, { recursive: true });
});

function create(
  settings: AuthorSettings,
  evaluator: Evaluator,
  ports: Partial<AuthorDependencies> = {},
): AuthorUnderTest['author'] {
  const dependencies: AuthorDependencies = {
    evaluator,
    calls: new MemoryCalls(),
    variables: { TEST_KEY: 'canary-key-5f2b9c' },
    notice: () => undefined,
    retries: { backoff: 1 },
    ...UNUSED_PORTS,
    ...ports,
  };
  const author = createAuthor(settings, dependencies);
  if (!author.ok) throw new Error(author.message);
  return author.value;
}

function createSearch(): Promise<AuthorUnderTest> {
  let count = 0;
  let isFailing = false;
  const request: Evaluator['request'] = (_method, _params, { signal }) => {
    count++;
    const failure = { ok: false as const, message: 'no answer', detail: null };
    if (signal.aborted) return Promise.resolve({ ...failure, code: 'cancelled' });
    if (isFailing) return Promise.resolve({ ...failure, code: 'died' });
    const value = {
      proposals: [{ label: 'rule', idea: 'An idea.', source: SOURCE }],
      usage: { episodes: 3, steps: 120, modelSteps: 0, cpuSeconds: 0.5 },
      findings: ['x is a position'],
      exhausted: true,
    };
    // The double stands for one method; the port's type is generic over all.
    return Promise.resolve({ ok: true, value } as never);
  };
  const settings = { kind: 'search' };
  return Promise.resolve({
    author: create(settings, { request }),
    settings,
    countRequests: () => count,
    failFromNowOn: () => {
      isFailing = true;
    },
  });
}

const noEvaluator = { request: () => Promise.reject(new Error('this author asks no evaluator')) };

async function createOpenAi(
  more: Pick<Partial<OpenAiSettings>, 'memory' | 'agent'>,
): Promise<AuthorUnderTest> {
  const content = `Label: lean reflex\nIdea: Push the cart under the pole.\n\n\`\`\`python\n${SOURCE}\`\`\`\n`;
  const answers: ScriptedAnswer[] = [{ content }];
  const server = await startOpenAiServer(answers);
  servers.push(server);
  const settings = openAiSettings({ baseUrl: server.baseUrl, ...more });
  return {
    author: create(settings, noEvaluator),
    settings,
    countRequests: () => server.requests.length,
    failFromNowOn: () => answers.splice(0, 1, { status: 400, error: { message: 'no such model' } }),
  };
}

/** A replay of what a model answered to all that the suite asks, its server stopped. */
async function createReplay(): Promise<AuthorUnderTest> {
  const content = `Label: lean reflex\nIdea: Push.\n\n\`\`\`python\n${SOURCE}\`\`\`\n`;
  const server = await startOpenAiServer([{ content }]);
  const of = openAiSettings({ baseUrl: server.baseUrl });
  const calls = new MemoryCalls();
  const model = create(of, noEvaluator, { calls });
  for (const request of ASKED()) await model.propose(request);
  await server.close();
  const recorded = { author: of, calls: listCalls(calls), failures: [], isProbed: true };
  const settings = describeReplay({ run: 'first', strict: true }, recorded);
  let count = 0;
  let isFailing = false;
  const readRecordedAnswers: AuthorDependencies['readRecordedAnswers'] = (run) => {
    count++;
    return isFailing ? failToRead(run) : Promise.resolve({ ok: true, value: recorded });
  };
  return {
    author: create(settings, noEvaluator, { readRecordedAnswers }),
    settings,
    countRequests: () => count,
    failFromNowOn: () => {
      isFailing = true;
    },
  };
}

async function createMailbox(): Promise<AuthorUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'policybook-mailbox-'));
  roots.push(root);
  const folders = new AnsweredFolders(join(root, 'mail', 'first'), () => ({ 'policy.py': SOURCE, done: '' }));
  const settings = mailboxSettings();
  return {
    author: create(settings, noEvaluator, { openRequests: () => folders }),
    settings,
    countRequests: () => folders.made.length,
    failFromNowOn: () => {
      folders.failure = new Error('the disk is full');
    },
  };
}

/** An agent that submits one text in each turn, by the SDK's own client; where it is to fail, none comes in time. */
async function createAgent(): Promise<AuthorUnderTest> {
  const settings = { kind: 'mcp', deadlineSeconds: 60 };
  let count = 0;
  let isFailing = false;
  const announceServer: AuthorDependencies['announceServer'] = ({ url, token }) => {
    count++;
    if (isFailing) return Promise.reject(new Error('no space left on the device'));
    void submitByClient({ url, token }, SOURCE);
    return Promise.resolve(() => Promise.resolve());
  };
  const noEvaluator = { request: () => Promise.reject(new Error('an agent asks no evaluator')) };
  const author = create(settings, noEvaluator, { announceServer });
  opened.push(author);
  return Promise.resolve({
    author,
    settings,
    countRequests: () => count,
    failFromNowOn: () => {
      isFailing = true;
    },
  });
}

async function createCommand(): Promise<AuthorUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'policybook-command-'));
  roots.push(root);
  const folders = new NumberedFolders(root);
  const settings = {
    kind: 'command',
    run: 'write',
    deadlineSeconds: 60,
    pass: [],
    maxPromptTokens: 12_000,
    instructions: null,
  };
  let count = 0;
  let exitCode = 0;
  const runProgram: AuthorDependencies['runProgram'] = async ({ folder }) => {
    count++;
    if (exitCode === 0) await writeFile(join(folder, 'policy.py'), SOURCE);
    const how = `ended with exit code ${exitCode}`;
    return { exitCode, how, isOverdue: false, stdout: '', stderr: 'no model answers' };
  };
  return {
    author: create(settings, noEvaluator, { openRequests: () => folders, runProgram }),
    settings,
    countRequests: () => count,
    failFromNowOn: () => {
      exitCode = 3;
    },
  };
}

/** Two models in turns, the second of another server's. */
async function createSeveral(): Promise<AuthorUnderTest> {
  const content = `Label: lean reflex\nIdea: Push.\n\n\`\`\`python\n${SOURCE}\`\`\`\n`;
  const answers: ScriptedAnswer[] = [{ content }];
  const server = await startOpenAiServer(answers);
  servers.push(server);
  const author = openAiSettings({ baseUrl: server.baseUrl });
  const of = ['one', 'two'].map((name) => ({ name, weight: 1, author: { ...author, model: name } }));
  const settings = { kind: 'several', choose: 'turns', of };
  return {
    author: create(settings, noEvaluator),
    settings,
    countRequests: () => server.requests.length,
    failFromNowOn: () => answers.splice(0, 1, { status: 400, error: { message: 'no such model' } }),
  };
}

const MODEL = {
  spendsModelCalls: true,
  hasIndependentSamples: false,
  readsWords: true,
  answersFromOutside: true,
};
const SEARCH = {
  spendsModelCalls: false,
  hasIndependentSamples: false,
  readsWords: false,
  answersFromOutside: false,
};

describeAuthor('search', SEARCH, createSearch);
describeAuthor('openai', MODEL, () => createOpenAi({}));
describeAuthor('mcp', MODEL, createAgent);
describeAuthor('openai without memory', { ...MODEL, hasIndependentSamples: true, readsWords: false }, () =>
  createOpenAi({ memory: 'none' }),
);
describeAuthor('several', MODEL, createSeveral);
// Its answers were given before, to prompts without a word of this run's user.
describeAuthor('replay', { ...MODEL, readsWords: false, answersFromOutside: false }, createReplay, {
  isFree: true,
});

describeAuthor('openai with tools', MODEL, () => createOpenAi({ agent: { mostTurns: 4 } }));
// The author human proposes nothing itself: test/unit/authors/human.test.ts.
describeAuthor('command', MODEL, createCommand);
describeAuthor('mailbox', MODEL, createMailbox);

test('an author that nobody registered is a failure with the names of those that are', () => {
  const author = createAuthor(
    { kind: 'oracle' },
    {
      evaluator: { request: () => Promise.reject(new Error('not asked')) },
      calls: new MemoryCalls(),
      variables: {},
      notice: () => undefined,
      ...UNUSED_PORTS,
    },
  );
  expect(author).toMatchObject({ ok: false, code: 'unknown_author' });
  expect(author.ok ? '' : author.message).toContain('search, openai');
});
