/** What every author says of itself in its own file, so that nothing else needs to know its name. */
import type {
  Author,
  AuthorSettings,
  AuthorTraits,
  CallLog,
  Evaluator,
  RequestFolders,
} from '@policybook/engine';
import type { Failure, Result } from '@policybook/protocol';
import { z } from 'zod';
import type { Program, ProgramEnd } from './program';
import type { RecordedAnswers } from './replayed-calls';
import type { AnswerLimits } from './answer-limits';
import type { RetryPolicy } from './retry';

/** Environment variables, for keys; normally `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A server on the loopback interface by which a run is worked on. */
export interface AnnouncedServer {
  readonly run: string;
  readonly url: string;
  readonly token: string;
}

/** What authors need of the kernel. */
export interface AuthorDependencies {
  readonly evaluator: Evaluator;
  /** The log of the run's model calls. */
  readonly calls: CallLog;
  readonly variables: Variables;
  /** Says where a server of the run listens, to programs of the same user; the function that it returns takes that back. */
  readonly announceServer: (server: AnnouncedServer) => Promise<() => Promise<void>>;
  /** Opens the run's request folders in a folder that a cell names, as it is written there; `null` for the run's own. */
  readonly openRequests: (folder: string | null) => RequestFolders;
  /** Waits until the user has said something to the run, or the signal aborts; `null` where the user cannot. */
  readonly waitForMessage: ((signal: AbortSignal) => Promise<void>) | null;
  /** Runs a program of the user's; rejects never. */
  readonly runProgram: (program: Program) => Promise<ProgramEnd>;
  /** Measures the seconds that are left of the run's limit of wall time; absent or `null` for unlimited. */
  readonly measureSecondsLeft?: () => number | null;
  /** Called with what people should know, such as token counts that are estimates. Holds no key. */
  readonly notice: (message: string) => void;
  readonly retries?: Partial<RetryPolicy>;
  /** What bounds one attempt at a model call; see `answer-limits.ts`. */
  readonly limits?: Partial<AnswerLimits>;
  /** Milliseconds for one model call, all attempts included. Default: ten minutes. */
  readonly deadline?: number;
  /** Reads what another run has recorded of its author's answers, by its name or the path of its folder. */
  readonly readRecordedAnswers: (run: string) => Promise<Result<RecordedAnswers>>;
}

/** An author with its settings, before there is a run for it. */
export interface AuthorDefinition extends AuthorTraits {
  /** The names of the keys that it needs; absent for none. */
  readonly keys?: readonly string[];
  /** Why its record cannot be replayed, as what follows "and"; absent where it can be. */
  readonly unreplayable?: string;
  /** Why there can be no such author, e.g. `missing_key`; `null` where there can be one. */
  findObstacle(variables: Variables): Failure | null;
  /** Makes the author; fails as `findObstacle` says. */
  create(dependencies: AuthorDependencies): Result<Author>;
  /** Settings of the same author whose answers are independent samples; `null` where it has no such form. */
  readonly sampling: AuthorSettings | null;
}

/** Reads settings of one kind of author. Failure: `bad_settings`. */
export type AuthorKind = (settings: AuthorSettings) => Result<AuthorDefinition>;

/** A kind of author from the schema of its settings and what it makes of them. */
export function defineAuthor<S extends AuthorSettings>(
  schema: z.ZodType<S>,
  define: (settings: S) => AuthorDefinition,
): AuthorKind {
  return (settings) => {
    const parsed = schema.safeParse(settings);
    if (parsed.success) return { ok: true, value: define(parsed.data) };
    const message = `These are no settings of the author ${settings.kind}: ${z.prettifyError(parsed.error)}`;
    return { ok: false, code: 'bad_settings', message, detail: null };
  };
}
