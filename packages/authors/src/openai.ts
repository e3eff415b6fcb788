/** The `openai` author: a language model behind any OpenAI-compatible server. */
import type { Author, AuthorRequest } from '@policybook/engine';
import type { Failure, Result } from '@policybook/protocol';
import type { OpenAI } from 'openai';
import { askModel, type OpenAiContext } from './ask-model';
import { proposeWithTools } from './agent';
import { boundFetch, DEFAULT_ANSWER_LIMITS } from './answer-limits';
import { defineAuthor, type AuthorDefinition, type AuthorDependencies, type Variables } from './author-kind';
import { OFFICIAL_SERVER, OPENAI, openAiSettings, type OpenAiSettings } from './openai-settings';
import type { Correspondent } from './correspondent';
import { probeFirst } from './first-probe';
import { MAX_REPAIRS, proposePolicy } from './propose-policy';
import { proposeSamples } from './propose-samples';
import { DEFAULT_RETRIES } from './retry';
import { Secret } from './secret';
import { removeMemory } from './without-memory';

/** What is sent where a server is sent no key: the SDK wants something. */
const NO_KEY = '-';
/** Milliseconds for one call, all attempts included. */
const DEFAULT_DEADLINE_MS = 600_000;

/** The `openai` author: a language model behind any OpenAI-compatible server. */
export const openAi = defineAuthor(openAiSettings, (settings): AuthorDefinition => ({
  spendsModelCalls: true,
  hasIndependentSamples: settings.memory === 'none',
  // A request that is made as if for the first time says nothing of the run.
  readsWords: settings.memory !== 'none',
  answersFromOutside: true,
  sampling: { ...settings, memory: 'none' },
  keys: settings.keyVariable === null ? [] : [settings.keyVariable],
  findObstacle: (variables) => (findKey(settings, variables) === null ? createMissingKey(settings) : null),
  create: (dependencies) => createOpenAi(settings, dependencies),
}));

function createOpenAi(settings: OpenAiSettings, dependencies: AuthorDependencies): Result<Author> {
  const key = findKey(settings, dependencies.variables);
  if (key === null) return createMissingKey(settings);
  const { calls, retries, limits } = dependencies;
  const deadline = settings.deadlineMs ?? dependencies.deadline ?? DEFAULT_DEADLINE_MS;
  const noticed = new Set<string>();
  const context: OpenAiContext = {
    settings,
    secret: new Secret(key),
    calls,
    retries: { ...DEFAULT_RETRIES, ...retries },
    deadline,
    limits: { ...DEFAULT_ANSWER_LIMITS, ...limits },
    notice: (message) => {
      if (noticed.has(message)) return;
      noticed.add(message);
      dependencies.notice(message);
    },
  };
  let client: Promise<OpenAI> | undefined;
  const connect = (): Promise<OpenAI> => (client ??= createClient(context));
  const { instructions, maxPromptTokens = null, memory, agent, edits = true, samples = 1 } = settings;
  const model: Correspondent = {
    name: settings.model,
    prompts: { instructions, mostTokens: maxPromptTokens, allowsEdits: edits },
    // Independent samples are the first answers, as they are.
    mostRepairs: memory === 'none' ? 0 : MAX_REPAIRS,
    ask: (request, said) => askModel({ context, connect }, request, said),
  };
  const propose: Author['propose'] = (request) =>
    agent === undefined
      ? proposeOnce(model, request, samples)
      : proposeWithTools(model, request, {
          ...agent,
          label: `${settings.model} ${request.generation + 1}`,
        });
  const author: Author = {
    kind: OPENAI,
    spendsModelCalls: true,
    hasIndependentSamples: false,
    propose,
  };
  return { ok: true, value: probeFirst(memory === 'none' ? removeMemory(author) : author) };
}

/** Asks for one policy, or for several side by side. */
function proposeOnce(
  model: Correspondent,
  request: AuthorRequest,
  samples: number,
): ReturnType<Author['propose']> {
  return samples === 1 ? proposePolicy(model, request) : proposeSamples(model, request, samples);
}

function findKey({ keyVariable }: OpenAiSettings, variables: Variables): string | null {
  if (keyVariable === null) return NO_KEY;
  const key = variables[keyVariable]?.trim() ?? '';
  return key === '' ? null : key;
}

function createMissingKey({ keyVariable, baseUrl }: OpenAiSettings): Failure {
  const variable = keyVariable ?? '';
  const without = baseUrl === null ? '' : ' For a server that needs no key, leave author.key out.';
  return {
    ok: false,
    code: 'missing_key',
    message:
      `The author openai needs the key ${variable}, which is neither an environment variable nor in the system's keyring. ` +
      `Keep it in the keyring by \`policybook key set ${variable}\` in a terminal and run the cell again, or set it where you start ` +
      `Jupyter (export ${variable}=…) and start Jupyter again; name another with author.key, or write author: search, which needs no key.${without}`,
    detail: { variable },
  };
}

/** Loads the SDK when it is first needed: it takes 90 ms, and most runs have no model. */
async function createClient({ settings, secret, deadline, limits }: OpenAiContext): Promise<OpenAI> {
  const { OpenAI } = await import('openai');
  return new OpenAI({
    apiKey: secret.value,
    // Named always: the SDK would take these from variables that the declaration says nothing of.
    baseURL: settings.baseUrl ?? OFFICIAL_SERVER,
    organization: null,
    project: null,
    fetch: boundFetch(limits.bytes),
    // Retries are ours (`retry.ts`), and so is the deadline; the SDK's timeout bounds the wait for an answer's beginning only.
    maxRetries: 0,
    timeout: deadline,
    logLevel: 'off',
  });
}
