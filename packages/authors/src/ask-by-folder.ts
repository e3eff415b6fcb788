/** One call of an author that is asked by a folder: the request lies in it, and so does the answer. Both are recorded as a model's are. */
import { createHash } from 'node:crypto';
import type { AuthorFailure, AuthorRequest, CallLog, RequestFolders } from '@policybook/engine';
import type { Failure, Json, Result } from '@policybook/protocol';
import { createFailure } from './author-failure';
import { estimateInput } from './chat-request';
import type { SaidSoFar, SpokenAnswer } from './correspondent';
import { writeRecordedTurn } from './model-call';
import { readFields, readRecordedResponse, writeRecordedResponse } from './model-response';
import { fenceWhole } from './quoted';
import { writeRequestFiles } from './request-files';
import { describeCallUsage, estimateTokens, NO_TOKENS, takeOff } from './usage';

/** The file of an answer in a model's form. */
export const ANSWER_FILE = 'answer.md';
/** The file of an answer that is the policy alone. */
export const POLICY_FILE = 'policy.py';
/** The most of an answer that is read. */
const MAX_ANSWER_BYTES = 1_000_000;

/** What is particular to one kind of author that is asked by folders. */
export interface FolderAuthor {
  /** Its name in the cell language. */
  readonly kind: string;
  readonly folders: RequestFolders;
  readonly calls: CallLog;
  /** Files of a request besides those that each has, by their names. */
  describeFiles(request: AuthorRequest): ReadonlyMap<string, string>;
  /** Completes what is handed back of an answer that cannot be played. */
  formatReply(reply: string): string;
  /** The file that says that an answer is complete; `null` where nothing has to. */
  readonly marker: string | null;
  /** Takes keys out of what is recorded of an answer. */
  redactJson(value: Json): Json;
  /** Waits until the answer lies in the folder; `turn` counts what was handed back before it. */
  awaitAnswer(
    folder: string,
    request: AuthorRequest,
    turn: number,
  ): Promise<Result<FolderAnswer, FolderFailure>>;
}

/** What came besides the answer in the folder. */
export interface FolderAnswer {
  /** What the record of the call keeps of it. */
  readonly record: Readonly<Record<string, Json>>;
}

/** Why no answer came of a folder. */
export interface FolderFailure extends Failure {
  /** Both as in `AuthorFailure`. */
  readonly isLasting: boolean;
  readonly isOutage: boolean;
  /** What the record of the call keeps of an attempt that is over, and counts; `null` where the call is still open. */
  readonly record: Readonly<Record<string, Json>> | null;
}

/** Asks for the next answer of a conversation, or reads the recorded one. */
export async function askByFolder(
  author: FolderAuthor,
  request: AuthorRequest,
  said: SaidSoFar,
): Promise<Result<SpokenAnswer, AuthorFailure>> {
  const { kind, calls } = author;
  const input = estimateInput(said);
  const left = takeOff(request.left, said.usage);
  if ((left.calls !== null && left.calls < 1) || (left.tokens !== null && left.tokens <= input))
    return createFailure('budget', 'What is left of the budget does not pay for another answer.', {
      call: null,
      usage: {},
    });
  const record = describeCall(author, request, said);
  const hash = hashRecord(record);
  const known = await calls.find(hash, record);
  let response = known?.response ?? null;
  if (response === null) {
    const folder = await findFolder(author, request, said);
    if (!folder.ok) return toAuthorFailure(folder);
    if (known === undefined) await calls.intend(hash, { ...record, folder: folder.value });
    const answered = await attempt(() => fetchAnswer(author, folder.value, request, said));
    if (!answered.ok && answered.record === null) return toAuthorFailure(answered, `${hash}.json`);
    response = author.redactJson(
      answered.ok ? writeAnswer(kind, input, answered.value) : writeFailure(answered),
    );
    await calls.answer(hash, response);
  }
  return readResponse(response, `${hash}.json`, input);
}

/** An answer as its record holds it: as a model's is, with what else came. */
function writeAnswer(kind: string, input: number, { content, record }: FetchedAnswer): Json {
  const usage = { input, output: estimateTokens(content), estimated: true };
  const response = { model: kind, content, refusal: null, finishReason: 'stop', usage };
  const written = writeRecordedResponse({ ...response, lost: NO_TOKENS, attempts: 1, answered: 1 });
  return { ...written, ...record };
}

/** A failed attempt as its record holds it. */
function writeFailure({ code, message, record }: FolderFailure): Json {
  return { failed: { code, message }, ...record };
}

/** Reads a record: the answer, or why there is none. */
function readResponse(response: Json, call: string, input: number): Result<SpokenAnswer, AuthorFailure> {
  const { failed } = readFields(response);
  const content = readRecordedResponse(response)?.content ?? '';
  const usage = describeCallUsage(1, { input, output: estimateTokens(content), estimated: true }, null);
  const { code, message } = readFields(failed);
  return typeof code === 'string' && typeof message === 'string'
    ? createFailure(code, message, { call, usage })
    : { ok: true, value: { call, usage, content } };
}

/** What a call is, for its hash and its record. */
function describeCall(
  { kind }: FolderAuthor,
  { generation }: AuthorRequest,
  { prompt, turns }: Pick<SaidSoFar, 'prompt' | 'turns'>,
): Readonly<Record<string, Json>> {
  const said = turns.map(writeRecordedTurn);
  return {
    author: kind,
    sample: generation,
    system: prompt.system,
    user: prompt.user,
    ...(said.length > 0 && { turns: said }),
  };
}

function hashRecord(record: Json): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex');
}

/** Finds the folder of a conversation: the one that its first call names, or a new one. */
async function findFolder(
  author: FolderAuthor,
  request: AuthorRequest,
  said: SaidSoFar,
): Promise<Result<string, FolderFailure>> {
  const first = describeCall(author, request, { ...said, turns: [] });
  const known = await author.calls.find(hashRecord(first), first);
  const { folder } = readFields(known?.request);
  return typeof folder === 'string'
    ? { ok: true, value: folder }
    : attempt(async () => ({ ok: true, value: await author.folders.findNext() }));
}

/** What was taken out of a folder: the answer in a model's form, and what else came. */
interface FetchedAnswer extends FolderAnswer {
  readonly content: string;
}

/** Puts the request into its folder, and takes the answer out of it. */
async function fetchAnswer(
  author: FolderAuthor,
  folder: string,
  request: AuthorRequest,
  { prompt, turns }: SaidSoFar,
): Promise<Result<FetchedAnswer, FolderFailure>> {
  const { folders } = author;
  if (request.signal.aborted) return createCancelled();
  await folders.make(
    folder,
    async () => new Map([...(await writeRequestFiles(request, prompt)), ...author.describeFiles(request)]),
  );
  const replies = turns.flatMap((turn) => ('request' in turn ? [turn.request] : []));
  const latest = replies.at(-1);
  if (latest !== undefined) await handBack(author, folder, replies.length, latest);
  const came = await author.awaitAnswer(folder, request, replies.length);
  if (!came.ok) return came;
  return { ok: true, value: { ...came.value, content: await readAnswerFile(folders, folder) } };
}

/** The file that hands an answer back; `turn` counts from 1. */
export function locateReply(turn: number): string {
  return `reply-${turn}.md`;
}

/** Hands an answer back, unless that was done before the kernel was killed. Its files keep what was answered, under other names. */
async function handBack(author: FolderAuthor, folder: string, turn: number, reply: string): Promise<void> {
  const { folders, marker } = author;
  const file = locateReply(turn);
  const aside = (name: string) => name.replace(/(\.\w+)?$/, (ending) => `-${turn}${ending}`);
  if (await folders.has(folder, marker === null ? file : aside(marker))) return;
  for (const name of [ANSWER_FILE, POLICY_FILE]) await folders.rename(folder, name, aside(name));
  await folders.write(folder, file, `${author.formatReply(reply)}\n`);
  // The marker goes last: while it is there, no other answer is left.
  if (marker !== null) await folders.rename(folder, marker, aside(marker));
}

/** Reads what was left as an answer, in the form of a model that says nothing but the policy; empty where nothing was. */
async function readAnswerFile(folders: RequestFolders, folder: string): Promise<string> {
  const answer = await folders.read(folder, ANSWER_FILE, MAX_ANSWER_BYTES);
  if (answer !== null) return answer;
  const policy = await folders.read(folder, POLICY_FILE, MAX_ANSWER_BYTES);
  return policy === null ? '' : `${fenceWhole(policy)}\n`;
}

/** Creates the failure of a call that was given up because the run is stopped. */
export function createCancelled(): FolderFailure {
  return createFolderFailure('cancelled', 'The call was cancelled.');
}

/** Creates a failure; by default one that passes, of a call that is still open. */
export function createFolderFailure(
  code: string,
  message: string,
  members: Partial<Pick<FolderFailure, 'isLasting' | 'isOutage' | 'record'>> = {},
): FolderFailure {
  return {
    ok: false,
    code,
    message,
    detail: null,
    isLasting: false,
    isOutage: false,
    record: null,
    ...members,
  };
}

/** Does work on folders, and gives what the system says against it as a failure. */
async function attempt<T>(work: () => Promise<Result<T, FolderFailure>>): Promise<Result<T, FolderFailure>> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return createFolderFailure('folder_error', message, { isLasting: true });
  }
}

function toAuthorFailure(
  { code, message, isLasting, isOutage }: FolderFailure,
  call: string | null = null,
): AuthorFailure {
  return createFailure(code, message, { call, usage: {}, isLasting, isOutage });
}
