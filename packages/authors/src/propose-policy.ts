/** One conversation about a policy: one prompt, one policy; texts are read, and what cannot be played is mended, in the same conversation. */
import type { AuthorAnswer, AuthorFailure, AuthorRequest, Proposal } from '@policybook/engine';
import { addUsage, type ResourceUsage, type Result } from '@policybook/protocol';
import repair from '../prompts/repair.md';
import { createAnswerContext, readAnswer, type AnswerResult } from './answer';
import { createFailure } from './author-failure';
import { askCorrespondent, type Correspondent, type SaidSoFar, type SpokenAnswer } from './correspondent';
import { describeFault } from './fault';
import { writePrompt } from './prompt';
import { quoteInLine } from './quoted';
import { answerReading } from './read-texts';
import { fillTemplate } from './template';
import type { ToolCall } from './tool-call';

/** How often one answer may be mended. */
export const MAX_REPAIRS = 2;
/** How often an answer may ask for texts of candidates. */
const MAX_READINGS = 2;

/** What was said and spent in the conversation of one answer. */
interface Conversation extends SaidSoFar {
  /** The names of its calls that were answered, in their order. */
  readonly calls: readonly string[];
  /** Those of them that asked for texts of candidates. */
  readonly readings: readonly string[];
  /** What its author wants to remember. */
  readonly notes: readonly string[];
  /** How often a text was to be mended. */
  readonly repairs: number;
  /** The latest text that it came to; `null` for none. */
  readonly proposal: Proposal | null;
}

/**
 * Asks for one policy. Where an answer asks for texts of candidates, they are sent; where its text cannot be read, parsed or
 * played, the conversation goes on with a turn that says what is wrong. What fails in the last turn is proposed as it is: the run
 * says why it failed, and nothing that was paid for is lost. `sample` tells conversations of one generation apart.
 */
export async function proposePolicy(
  correspondent: Correspondent,
  request: AuthorRequest,
  sample?: number,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  const { prompts, mostRepairs, name } = correspondent;
  const mostReadings = request.state.candidates.size === 0 ? 0 : MAX_READINGS;
  const prompt = await writePrompt(request, prompts);
  const nothing = { turns: [], calls: [], readings: [], notes: [], repairs: 0, usage: {}, proposal: null };
  let said: Conversation = { prompt, ...nothing, ...(sample !== undefined && { sample }) };
  for (;;) {
    const spoken = await askCorrespondent(correspondent, request, said);
    // What is asked again after a failure that lasts finds the answers before it in their record, and pays for them then.
    if (!spoken.ok && spoken.isLasting) return spoken;
    if (!spoken.ok) return said.proposal === null ? addSpent(spoken, said) : conclude(said);
    const { content, toolCalls } = spoken.value;
    const context = createAnswerContext(request, { name, ...prompts }, said.proposal);
    const answer = toolCalls === undefined ? readAnswer(content, context) : refuseToolCalls(toolCalls);
    said = addAnswer(said, spoken.value, answer);
    const isReading = answer.kind === 'reading' && said.readings.length <= mostReadings;
    const next = isReading
      ? {
          words: answerReading(request, answer.candidates, {
            ...prompts,
            readingsLeft: mostReadings - said.readings.length,
          }),
          usage: {},
        }
      : said.repairs < mostRepairs
        ? await askForRepair(request, answer, said, prompts)
        : { words: null, usage: {} };
    said = { ...said, usage: addUsage(said.usage, next.usage) };
    if (next.words === null)
      return said.proposal === null ? addSpent(createNoPolicy(answer), said) : conclude(said);
    const turn = { answer: content, request: next.words, isRepair: !isReading };
    said = { ...said, turns: [...said.turns, turn], repairs: said.repairs + (isReading ? 0 : 1) };
  }
}

function addAnswer(said: Conversation, { call, usage }: SpokenAnswer, answer: AnswerResult): Conversation {
  return {
    ...said,
    calls: [...said.calls, call],
    readings: answer.kind === 'reading' ? [...said.readings, call] : said.readings,
    notes: [...new Set([...said.notes, ...answer.notes])],
    usage: addUsage(said.usage, usage),
    proposal: answer.kind === 'proposal' ? answer.proposal : said.proposal,
  };
}

/** Writes the turn that asks for a repair, and what finding the fault took; no words where there is none. */
async function askForRepair(
  request: AuthorRequest,
  answer: AnswerResult,
  { proposal }: Conversation,
  { allowsEdits }: Correspondent['prompts'],
): Promise<{ readonly words: string | null; readonly usage: ResourceUsage }> {
  const fault =
    answer.kind === 'proposal'
      ? await findFault(request, answer.proposal)
      : { words: createNoPolicy(answer).message, usage: {} };
  if (fault.words === null) return { ...fault, words: null };
  const hasDraft = allowsEdits && proposal !== null && request.state.candidates.size > 0;
  const edits = hasDraft ? ' Edits that name no parent change the text of your last answer.' : '';
  return { ...fault, words: fillTemplate(repair, { failure: fault.words, edits }) };
}

/** What an answer comes to that calls tools, where none were offered. */
function refuseToolCalls(toolCalls: readonly ToolCall[]): AnswerResult {
  const names = toolCalls.map(({ name }) => quoteInLine(name, 60)).join(', ');
  const message = `the answer calls a tool (${names}) where none was offered and one Python file is wanted`;
  return { kind: 'no_policy', message, notes: [] };
}

/** The failure of an answer without a policy. */
function createNoPolicy(answer: AnswerResult): AuthorFailure {
  const message =
    answer.kind === 'no_policy'
      ? answer.message
      : 'The answer asks for texts once more, where it should hold a policy.';
  return createFailure('no_policy', message, { call: null, usage: {} });
}

/** What is wrong with a text, in words for the model; `null` for nothing. */
async function findFault(
  { check }: AuthorRequest,
  { source }: Proposal,
): Promise<{ readonly words: string | null; readonly usage: ResourceUsage }> {
  const { failure, usage } = await check(source);
  return { words: failure === null ? null : describeFault(source, failure), usage };
}

function conclude({
  prompt,
  calls,
  readings,
  notes,
  usage,
  proposal,
}: Conversation): Result<AuthorAnswer, AuthorFailure> {
  const proposals = proposal === null ? [] : [proposal];
  const call = calls.at(-1) ?? null;
  const repaired = calls.slice(0, -1).filter((each) => !readings.includes(each));
  const earlierCalls = readings.filter((each) => each !== call);
  return {
    ok: true,
    value: {
      proposals,
      findings: [],
      ...(notes.length > 0 && { notes }),
      exhausted: false,
      call,
      ...(repaired.length > 0 && { repaired }),
      ...(earlierCalls.length > 0 && { earlierCalls }),
      ...(prompt.tracedSteps > 0 && { tracedSteps: prompt.tracedSteps }),
      usage,
    },
  };
}

/** A failure, with what the conversation had spent before it. */
function addSpent(failure: AuthorFailure, { calls, usage }: Conversation): AuthorFailure {
  return { ...failure, call: failure.call ?? calls.at(-1) ?? null, usage: addUsage(usage, failure.usage) };
}
