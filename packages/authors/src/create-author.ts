/** From a run's author settings to the author behind the engine's port. */
import type { Author, AuthorSettings, CallLog, Evaluator, Failure, Result } from '@policybook/engine';
import { openAiAuthor, type OpenAiSettings } from './openai';
import type { FailureOf } from './prompt';
import { defaultRetries, type RetryPolicy } from './retry';
import { searchAuthor } from './search';
import { Secret } from './secret';

/** What authors need of the kernel. */
export interface AuthorDependencies {
  readonly evaluator: Evaluator;
  /** The run's own. */
  readonly calls: CallLog;
  /** Environment variables, for keys; normally `process.env`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Told what people should know, such as token counts being estimates. Holds no key. */
  readonly notice: (message: string) => void;
  /** Why a candidate failed, where known: the run's state does not keep it. */
  readonly failureOf?: FailureOf;
  readonly retries?: Partial<RetryPolicy>;
  /** Milliseconds for one model call, all attempts included. Default: ten minutes. */
  readonly deadline?: number;
}

const defaultDeadline = 600_000;

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
  const key = dependencies.variables[settings.keyVariable]?.trim();
  if (!key) return missingKey(settings);
  const { calls, failureOf = () => null, retries, deadline = defaultDeadline } = dependencies;
  const told = new Set<string>();
  const author = openAiAuthor({
    settings,
    secret: new Secret(key),
    calls,
    failureOf,
    retries: { ...defaultRetries, ...retries },
    deadline,
    notice: (message) => {
      if (told.has(message)) return;
      told.add(message);
      dependencies.notice(message);
    },
  });
  return { ok: true, value: author };
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
