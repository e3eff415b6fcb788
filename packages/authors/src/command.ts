/** The `command` author: a program of the user's, such as a script or a coding agent, which is started for each policy. */
import type { Author, AuthorRequest } from '@policybook/engine';
import type { Failure, Result } from '@policybook/protocol';
import { z } from 'zod';
import readme from '../prompts/command.md';
import {
  createCancelled,
  createFolderFailure,
  locateReply,
  ANSWER_FILE,
  POLICY_FILE,
  type FolderAnswer,
  type FolderAuthor,
  type FolderFailure,
} from './ask-by-folder';
import { defineAuthor, type AuthorDefinition, type AuthorDependencies, type Variables } from './author-kind';
import { formatDuration } from './duration';
import { createFolderAuthor, FOLDER_TRAITS } from './folder-author';
import type { ProgramEnd } from './program';
import { MAX_REPAIRS } from './propose-policy';
import { Secret } from './secret';
import { fillTemplate } from './template';

const COMMAND = 'command';
/** The bytes of each output that a record keeps. */
const MAX_OUTPUT_BYTES = 64_000;
/** The lines of a failed program's stderr that a failure says. */
const LINES_SAID = 10;

/** Schema of the settings. */
const commandSettings = z.strictObject({
  kind: z.literal(COMMAND),
  /** A line for the shell. */
  run: z.string(),
  /** How long one run of the program may take. */
  deadlineSeconds: z.number().positive(),
  /** The names of variables that the program gets. */
  pass: z.array(z.string()),
  maxPromptTokens: z.int().positive(),
  instructions: z.string().nullable(),
});
type CommandSettings = z.infer<typeof commandSettings>;

/** The `command` author: starts a program in a folder with the task, and takes the policy that it leaves there. */
export const command = defineAuthor(commandSettings, (settings): AuthorDefinition => ({
  ...FOLDER_TRAITS,
  sampling: null,
  keys: settings.pass,
  findObstacle: (variables) => findMissing(settings, variables),
  create: (dependencies) =>
    findMissing(settings, dependencies.variables) ?? {
      ok: true,
      value: createCommand(settings, dependencies),
    },
}));

function findMissing({ pass }: CommandSettings, variables: Variables): Failure | null {
  const missing = pass.filter((name) => variables[name] === undefined);
  if (missing.length === 0) return null;
  const names = missing.join(', ');
  const message = `The author command passes ${names} to its program, and the kernel has no such variable. Set it where you start Jupyter and start Jupyter again, or take it out of author.pass.`;
  return { ok: false, code: 'missing_key', message, detail: { variable: names } };
}

function createCommand(settings: CommandSettings, dependencies: AuthorDependencies): Author {
  const { deadlineSeconds, pass } = settings;
  const folders = dependencies.openRequests(null);
  const secrets = pass.map((name) => new Secret(dependencies.variables[name] ?? ''));
  const deadline = formatDuration(deadlineSeconds);
  const author: FolderAuthor = {
    kind: COMMAND,
    folders,
    calls: dependencies.calls,
    marker: null,
    redactJson: (value) => secrets.reduce((clean, secret) => secret.redactJson(clean), value),
    describeFiles: ({ state }) => {
      const values = { run: state.run, repairs: String(MAX_REPAIRS), deadline };
      return new Map([['README.md', `${fillTemplate(readme, values)}\n`]]);
    },
    formatReply: (text) => text,
    awaitAnswer: async (folder, request, turn) => {
      request.onActivity?.(`the program ${settings.run} is writing a policy, for ${deadline} at most`);
      const end = await dependencies.runProgram({
        command: settings.run,
        folder: folders.locate(folder),
        variables: listVariables(author, folder, request, turn),
        pass,
        redact: (text) => secrets.reduce((clean, secret) => secret.redact(clean), text),
        deadline: 1000 * deadlineSeconds,
        mostBytes: MAX_OUTPUT_BYTES,
        signal: request.signal,
      });
      return request.signal.aborted ? createCancelled() : judgeEnd(end, deadline);
    },
  };
  return createFolderAuthor(author, settings, dependencies.notice);
}

/** The paths of what lies in the folder, for the program. */
function listVariables(
  { folders }: FolderAuthor,
  folder: string,
  { state }: AuthorRequest,
  turn: number,
): Record<string, string> {
  const locate = (file?: string) => folders.locate(folder, file);
  return {
    POLICYBOOK_RUN: state.run,
    POLICYBOOK_FOLDER: locate(),
    POLICYBOOK_TASK: locate('task.md'),
    POLICYBOOK_CONTRACT: locate('contract.md'),
    POLICYBOOK_EVIDENCE: locate('evidence.json'),
    POLICYBOOK_HISTORY: locate('history.json'),
    POLICYBOOK_POLICIES: locate('policies'),
    POLICYBOOK_ANSWER: locate(ANSWER_FILE),
    POLICYBOOK_POLICY: locate(POLICY_FILE),
    ...(turn > 0 && { POLICYBOOK_REPLY: locate(locateReply(turn)) }),
  };
}

/** What the record keeps of a program that has ended, or why it gave no answer. */
function judgeEnd(end: ProgramEnd, deadline: string): Result<FolderAnswer, FolderFailure> {
  const { exitCode, how, stdout, stderr } = end;
  const record = { program: { exitCode, how, stdout, stderr } };
  if (exitCode === 0) return { ok: true, value: { record } };
  const lines = stderr.trimEnd().split('\n').slice(-LINES_SAID).join('\n').trim();
  const said = lines === '' ? 'It wrote nothing to stderr.' : `The last lines of its stderr:\n${lines}`;
  return end.isOverdue
    ? createFolderFailure('deadline', `The program did not end within ${deadline}, and was killed. ${said}`, {
        record,
      })
    : createFolderFailure('program_failed', `The program ${how}. ${said}`, { record });
}
