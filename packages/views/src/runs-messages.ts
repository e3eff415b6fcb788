/**
 * What a page and the kernel say to each other about the runs that learn, as data of `comm_msg` on a comm of the target
 * `RUNS_COMM_TARGET`. The kernel parses strictly what a page sends; a page passes over what it does not know.
 */
// As a namespace, so that bundlers leave out what is not used.
import * as z from 'zod';

/** The most characters of a note. */
export const MAX_NOTE_CHARACTERS = 4_000;

/** The number by which the page finds the answer to its message. */
const request = z.int().nonnegative();
const run = z.string().min(1).max(200);
/** The file name of a candidate's text, which has its number and its hash: an older run of the same name has other ones. */
const policy = z.string().min(1).max(200);

/** What a click of the user says to a run that learns. */
export const pageMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('accept'), request, run, policy }),
  z.strictObject({ type: z.literal('reject'), request, run, policy }),
  z.strictObject({
    type: z.literal('note'),
    request,
    run,
    text: z.string().trim().min(1).max(MAX_NOTE_CHARACTERS),
  }),
  z.strictObject({ type: z.literal('stop'), request, run }),
]);
/** A message of a page, parsed. */
export type PageMessage = z.infer<typeof pageMessageSchema>;

/** A run that learns, in its cell or in the background. */
export const liveRunSchema = z.object({
  run: z.string(),
  /** Whether its author reads what the user says to it. */
  readsWords: z.boolean(),
});
/** A run that learns as a page knows it. */
export type ListedLiveRun = z.infer<typeof liveRunSchema>;

/** What the kernel says to a page. */
export const kernelMessageSchema = z.discriminatedUnion('type', [
  /** All runs that learn: sent when the comm is opened, and whenever one begins or ends. */
  z.object({ type: z.literal('runs'), runs: z.array(liveRunSchema) }),
  /** The answer to the page's message of that number, for people: what is done, or why it is not. */
  z.object({ type: z.literal('answer'), request: z.int().nullable(), isDone: z.boolean(), text: z.string() }),
]);
/** A message of the kernel, parsed. */
export type KernelMessage = z.infer<typeof kernelMessageSchema>;
