/** From a run's author settings to the author behind the engine's port. */
import type { Failure, Result } from '@policybook/protocol';
import type { Author, AuthorSettings, CallLog, Evaluator } from '@policybook/engine';
import { openAiAuthor, type OpenAiSettings } from './openai';
import { defaultRetries, type RetryPolicy } from './retry';
import { searchAuthor } from './search';
import { Secret } from './secret';
import { withoutMemory } from './without-memory';

/** What authors need of the kernel. */
export interface AuthorDependencies {
  readonly evaluator: Evaluator;
  /** The run's own. */
  readonly calls: CallLog;
  /** Environment variables, for keys; normally `process.env`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Told what people should know, such as token counts being estimates. Holds no key. */
  readonly notice: (message: string) => void;
  readonly retries?: Partial<RetryPolicy>;
  /** Milliseconds for one model call, all attempts included. Default: ten minutes. */
  readonly deadline?: number;
}

const defaultDeadline = 600_000;

/** Why there can be no such author, told before a run begins: `missing_key`. */
export function authorObstacle(
  settings: AuthorSettings,
  variables: AuthorDependencies['variables'],
): Failure | null {
  if (settings.kind !== 'openai') return null;
  return keyOf(settings, variables) === null ? missingKey(settings) : null;
}

/** The author, or why there can be none: `missing_key`. */
export function createAuthor(settings: AuthorSettings, dependencies: AuthorDependencies): Result<Author> {
  switch (settings.kind) {
    case 'search':
      return { ok: true, value: searchAuthor(dependencies.evaluator) };
    case 'openai':
      return createOpenAi(settings, dependencies);
  }
}

function createOpenAi(settings: OpenAiSettings, dependencies: AuthorDependencies): Result<Author> {
  const key = keyOf(settings, dependencies.variables);
  if (key === null) return missingKey(settings);
  const { calls, retries, deadline = defaultDeadline } = dependencies;
  const told = new Set<string>();
  const remembering = openAiAuthor({
    settings,
    secret: new Secret(key),
    calls,
    retries: { ...defaultRetries, ...retries },
    deadline,
    notice: (message) => {
      if (told.has(message)) return;
      told.add(message);
      dependencies.notice(message);
    },
  });
  return { ok: true, value: settings.memory === 'none' ? withoutMemory(remembering) : remembering };
}

function keyOf({ keyVariable }: OpenAiSettings, variables: AuthorDependencies['variables']): string | null {
  const key = variables[keyVariable]?.trim() ?? '';
  return key === '' ? null : key;
}

function missingKey({ keyVariable, baseUrl }: OpenAiSettings): Failure {
  const anyValue = baseUrl === null ? '' : ' A server that needs no key takes any value.';
  return {
    ok: false,
    code: 'missing_key',
    message:
      `The author openai needs the environment variable ${keyVariable}, which is not set. ` +
      `Set it to your key where you start Jupyter (export ${keyVariable}=…) and start Jupyter again, name another ` +
      `variable with author.key, or write author: search, which needs no key.${anyValue}`,
    detail: { variable: keyVariable },
  };
}
