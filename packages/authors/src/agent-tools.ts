/** The tools of an author that tries before it proposes: the same for a model's tool calls and for agents from outside. */
import {
  computeMean,
  summariseEpisodes,
  type EvaluatedPolicy,
  type KeptTrace,
  type MeasuredDifference,
  type ToolResult,
} from '@policybook/engine';
import { formatQuantity, type Json } from '@policybook/protocol';
import { z } from 'zod';
import type { AgentSession } from './agent-session';
import { describeFault } from './fault';
import { mapTexts } from './map-texts';
import { quoteInLine } from './quoted';
import { formatDocumentation, formatHistory, formatTask } from './agent-reading';
import { policyText, readSubmission, submission } from './submission';
import { chooseSteps } from './timeline';
import type { ToolDescription } from './tool-call';

/** What a use of a tool has come to, for its user. */
export interface ToolAnswer {
  readonly text: string;
  /** Whether it could not be done. */
  readonly isError: boolean;
}

/** A tool with the schema of its arguments. */
interface AgentTool<S extends z.ZodObject> {
  readonly about: string;
  readonly args: S;
  use(session: AgentSession, args: z.output<S>): Promise<ToolAnswer>;
}

/** A use of the run's tools that came to nothing. */
type FailedUse = Extract<ToolResult<unknown>, { readonly ok: false }>;

/** A tool whose arguments are read by itself. */
interface ReadyTool {
  readonly about: string;
  readonly args: z.ZodObject;
  use(session: AgentSession, args: unknown): Promise<ToolAnswer>;
}

/** Rows of a trace at most. */
const MOST_ROWS = 40;
/** Actions of one probe at most. */
const MOST_ACTIONS = 200;
/** Characters of an observation or a variable in a row. */
const MOST_CELL = 300;
/** Uses of tools in one turn that play nothing, and notes among them, at most. */
const MOST_FREE_USES = 200;
const MOST_NOTES = 50;
/** Tools that play nothing, and those that end a turn, which may always be used. */
const FREE_TOOLS = ['read', 'note'];
const ENDING_TOOLS = ['submit', 'stop'];

const subject = {
  policy: policyText.exactOptional().describe('The text of a policy file.'),
  candidate: z
    .int()
    .positive()
    .exactOptional()
    .describe('The number of a candidate, as 5 for @5, in the place of a text.'),
};

const succeedWith = (text: string): ToolAnswer => ({ text, isError: false });
const succeed = (value: Json): ToolAnswer => succeedWith(JSON.stringify(value));
const refuse = (text: string): ToolAnswer => ({ text, isError: true });

function defineTool<S extends z.ZodObject>(tool: AgentTool<S>): ReadyTool {
  const { about, args } = tool;
  return {
    about,
    args,
    use: (session, json) => {
      const parsed = args.safeParse(json);
      if (parsed.success) return tool.use(session, parsed.data);
      return Promise.resolve(refuse(`These arguments do not fit: ${z.prettifyError(parsed.error)}`));
    },
  };
}

/** What `read` gives of the run as a whole. */
const READINGS = {
  task: formatTask,
  documentation: formatDocumentation,
  history: formatHistory,
};

/** Every tool by its name. */
const TOOLS: ReadonlyMap<string, ReadyTool> = new Map([
  [
    'read',
    defineTool({
      about:
        'Reads what is known, which costs nothing: `task` (environment, contract, budget, evidence), `documentation` (its spaces, bounds and documentation), `history` (all candidates with their scores) or `candidate` (the text of one, by its number).',
      args: z.strictObject({
        what: z.enum(['task', 'documentation', 'history', 'candidate']),
        candidate: z.int().positive().exactOptional(),
      }),
      use: async (session, { what, candidate }) => {
        const { request } = session;
        if (what !== 'candidate') {
          await request.tools.note('read', `read the ${what}`);
          return succeedWith(await READINGS[what](request));
        }
        if (candidate === undefined)
          return refuse('Give `candidate`, the number of a candidate of this run.');
        const found = session.findText(undefined, candidate);
        if (!found.ok) return refuse(found.message);
        await request.tools.note('read', `read @${candidate}`);
        return succeedWith(found.source);
      },
    }),
  ],
  [
    'probe',
    defineTool({
      about:
        'Plays these actions from the start of an episode, one a step, and returns what was observed and rewarded. It takes one episode.',
      args: z.strictObject({
        actions: z
          .array(z.json())
          .min(1)
          .max(MOST_ACTIONS)
          .describe('Actions of the action space, in order.'),
        episode: z
          .int()
          .min(0)
          .max(999)
          .default(0)
          .describe('Which start: the same number is the same start.'),
      }),
      use: async ({ request }, { actions, episode }) => {
        const traced = await request.tools.trace(writeProbe(actions), episode, 'probe');
        if (!traced.ok) return refuse(traced.message);
        const { failure, steps } = traced.value;
        const isPlayed = failure?.message.includes(PROBE_ENDED) === true;
        return succeed({
          ...describeEpisode(traced.value, isPlayed ? 'none: all actions were played' : 'an action failed'),
          rows: steps.map(describeStep),
          failure: isPlayed ? null : (failure?.message ?? null),
        });
      },
    }),
  ],
  [
    'evaluate',
    defineTool({
      about:
        'Plays a policy on the first so many seeds of the tools, the same for every text, and returns its score, how episodes ended, and the paired difference to the best other text of this turn. It takes as many episodes, and none where the turn has played them before.',
      args: z.strictObject({ ...subject, episodes: z.int().min(1).max(100).default(8) }),
      use: async (session, { policy, candidate, episodes }) => {
        const text = session.findText(policy, candidate);
        if (!text.ok) return refuse(text.message);
        const known = session.findEvaluated(text.source, episodes);
        const played =
          known === null
            ? await session.request.tools.evaluate(text.source, episodes)
            : await lookUp(session, known);
        if (!played.ok) return refuse(played.message);
        const { failure, episodes: all } = played.value;
        const difference = session.compareWithBest(text.source, played.value);
        session.noteEvaluated(text.source, played.value);
        const returns = all.map((each) => each.return);
        return succeed({
          episodes: all.length,
          ...(known !== null && {
            remark: 'This turn has played these episodes before: none was played again.',
          }),
          ...(failure === null &&
            all.length < episodes && { remark: describeShortfall(all.length, episodes) }),
          mean: all.length === 0 ? null : computeMean(returns),
          ...summarise(all),
          returns,
          differenceToBestOfThisTurn: difference === null ? null : describeDifference(difference),
          failure: failure === null ? null : describeFault(text.source, failure),
          episodesLeft: readLeft(session),
        });
      },
    }),
  ],
  [
    'trace',
    defineTool({
      about:
        'Plays one episode of a policy and returns evenly spread steps: observation, action, reward, the line that decided, and the variables of the policy. It takes one episode.',
      args: z.strictObject({
        ...subject,
        episode: z.int().min(0).max(999).default(0).describe('Which seed of the tools.'),
        rows: z.int().min(1).max(MOST_ROWS).default(30),
      }),
      use: async (session, { policy, candidate, episode, rows }) => {
        const text = session.findText(policy, candidate);
        if (!text.ok) return refuse(text.message);
        const traced = await session.request.tools.trace(text.source, episode, 'trace');
        if (!traced.ok) return refuseAsFailed(text.source, traced);
        const { failure, steps } = traced.value;
        return succeed({
          ...describeEpisode(traced.value, 'the policy failed'),
          rows: chooseSteps(steps, rows).map((step) => ({
            ...describeStep(step),
            ...describeDecision(step),
          })),
          failure: failure === null ? null : describeFault(text.source, failure),
        });
      },
    }),
  ],
  [
    'tune',
    defineTool({
      about:
        'Looks for better values of the constants that a policy marks `# tune: [low, high]`, and returns the text with them. It takes up to so many episodes, at least 64.',
      args: z.strictObject({ ...subject, episodes: z.int().min(64).max(500).default(120) }),
      use: async (session, { policy, candidate, episodes }) => {
        const text = session.findText(policy, candidate);
        if (!text.ok) return refuse(text.message);
        const tuned = await session.request.tools.tune(text.source, episodes);
        if (!tuned.ok) return refuseAsFailed(text.source, tuned);
        const { source: found, generations } = tuned.value;
        return succeed({
          policy: found,
          means: generations.map(({ mean }) => mean),
          episodesLeft: readLeft(session),
        });
      },
    }),
  ],
  [
    'note',
    defineTool({
      about: 'Keeps a sentence for later turns, which costs nothing: what was found out, and what failed.',
      args: z.strictObject({ text: z.string().min(1).max(1000) }),
      use: async (session, { text }) => {
        if (session.notes.length >= MOST_NOTES)
          return refuse(`This turn has kept ${MOST_NOTES} notes, which is the most.`);
        const note = quoteInLine(text, 400);
        session.notes.push(note);
        await session.request.tools.note('note', `notes: ${note}`);
        return succeedWith('kept');
      },
    }),
  ],
  [
    'submit',
    defineTool({
      about:
        'Proposes a policy and ends the turn: it is raced on fresh seeds like every candidate. A text that cannot be played comes back with what is wrong.',
      args: submission,
      use: async (session, args) => {
        const read = readSubmission(session, args);
        if (!read.ok) return refuse(read.message);
        const fault = await session.submit(read.proposal);
        return fault === null ? succeedWith('proposed') : refuse(`This policy is not proposed yet. ${fault}`);
      },
    }),
  ],
  [
    'stop',
    defineTool({
      about: 'Ends the turn without a policy, because nothing more is worth trying in this run.',
      args: z.strictObject({ reason: z.string().min(1).max(1000) }),
      use: async (session, { reason }) => {
        await session.request.tools.note('stop', `stops: ${quoteInLine(reason, 300)}`);
        session.stop();
        return succeedWith('stopped');
      },
    }),
  ],
]);

/** Lists what a model or an agent reads of the tools. */
export function listToolDescriptions(): ToolDescription[] {
  return [...TOOLS].map(([name, { about, args }]) => ({
    name,
    description: about,
    parameters: { ...z.toJSONSchema(args) },
  }));
}

/** A tool as it is served to others. */
export interface ServedTool {
  readonly name: string;
  readonly about: string;
  readonly args: z.ZodObject;
}

/** Lists the tools as they are served. */
export function listServedTools(): ServedTool[] {
  return [...TOOLS].map(([name, { about, args }]) => ({ name, about, args }));
}

/** Why a turn takes no further use of a tool; `null` where it does. */
export function refuseUse({ ended, freeUses }: AgentSession, name: string): ToolAnswer | null {
  if (ended !== null) return refuse('The turn is over: a policy was submitted, or it was stopped.');
  if (freeUses < MOST_FREE_USES || ENDING_TOOLS.includes(name)) return null;
  return refuse(
    `This turn has used tools ${MOST_FREE_USES} times without playing anything, which is the most. End it by submit, or by stop.`,
  );
}

/** Uses a tool. What cannot be done is said, never thrown. */
export async function useTool(session: AgentSession, name: string, args: unknown): Promise<ToolAnswer> {
  const refusal = refuseUse(session, name);
  if (refusal !== null) return refusal;
  const answer = await useByName(session, name, args);
  if (answer.isError || FREE_TOOLS.includes(name)) session.freeUses++;
  return answer;
}

async function useByName(session: AgentSession, name: string, args: unknown): Promise<ToolAnswer> {
  const tool = TOOLS.get(name);
  if (tool === undefined)
    return refuse(`There is no tool ${quoteInLine(name, 60)}; there are ${[...TOOLS.keys()].join(', ')}.`);
  const json = z.json().safeParse(args ?? {});
  // A text may come with halves of characters, which no file and no policy can hold.
  return tool.use(session, json.success ? mapTexts(json.data, (text) => text.toWellFormed()) : args);
}

/** Uses a tool by arguments that a model has written as JSON. */
export async function useToolCall(session: AgentSession, name: string, written: string): Promise<ToolAnswer> {
  try {
    const args: unknown = JSON.parse(written === '' ? '{}' : written);
    return await useTool(session, name, args);
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(`The arguments are no JSON: ${error.message}`);
    // Arguments that are nested too deeply for their schema overflow the stack.
    if (error instanceof RangeError) return refuse('The arguments are nested too deeply.');
    throw error;
  }
}

/** Answers from what the turn has played before. */
async function lookUp(session: AgentSession, known: EvaluatedPolicy): Promise<ToolResult<EvaluatedPolicy>> {
  session.freeUses++;
  await session.request.tools.note('evaluate', 'looked up what a policy has come to in this turn');
  return { ok: true, value: known };
}

/** Says why fewer episodes were played than were asked for. */
function describeShortfall(played: number, wanted: number): string {
  return `${formatQuantity(played, 'episode')} of ${wanted} could be played: the run keeps the rest of its budget for what is proposed.`;
}

/** A measured difference, in the words of the tool's answer. */
function describeDifference({ pairs, difference, standardError }: MeasuredDifference): Json {
  return { pairs, mean: difference, standardError };
}

/** A use that the policy's own failure has ended, or that the run does not allow. */
function refuseAsFailed(text: string, { message, failure }: FailedUse): ToolAnswer {
  return refuse(failure === null ? message : describeFault(text, failure));
}

function readLeft({ request: { tools } }: AgentSession): number | null {
  return Number.isFinite(tools.episodesLeft) ? tools.episodesLeft : null;
}

function summarise(episodes: Parameters<typeof summariseEpisodes>[0]): Record<string, Json> {
  const { returns, steps, endings, rewardByTenth, terms } = summariseEpisodes(episodes);
  return {
    returnQuantiles: returns === null ? null : [...returns],
    stepQuantiles: steps === null ? null : [...steps],
    endings: endings.map(({ ending, flags, episodes: count, meanReturn }) => ({
      ending: [ending, ...flags].join(', '),
      episodes: count,
      meanReturn,
    })),
    rewardByTenth: rewardByTenth === null ? null : [...rewardByTenth],
    terms: terms.map((term) => ({ ...term })),
  };
}

/** An episode as a whole; `otherEnding` says why it has ended where the environment has not ended it. */
function describeEpisode(trace: KeptTrace, otherEnding: string): Record<string, Json> {
  const { length, terminated, truncated } = trace;
  const ending = terminated ? 'terminated' : truncated ? 'truncated' : otherEnding;
  return { return: trace.return, steps: length, ending };
}

function describeStep({
  step,
  observation,
  action,
  reward,
}: KeptTrace['steps'][number]): Record<string, Json> {
  return { step, observation: cutJson(observation), action, reward };
}

/** How a policy has come to its action. */
function describeDecision({ lines, variables }: KeptTrace['steps'][number]): Record<string, Json> {
  return {
    decidedByLine: lines.at(-1)?.[0] ?? null,
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value.slice(0, MOST_CELL)]),
    ),
  };
}

function cutJson(value: Json): Json {
  const text = JSON.stringify(value);
  return text.length <= MOST_CELL ? value : `${text.slice(0, MOST_CELL)} …`;
}

/** What the probe's text says when its actions have been played, by which its end differs from a failure. */
const PROBE_ENDED = 'all actions of the probe were played';

/** Writes the text that plays the actions in order and then ends the episode. */
function writeProbe(actions: readonly Json[]): string {
  return [
    '"""Plays the actions of a probe in order."""',
    'import json',
    '',
    `ACTIONS = json.loads(${JSON.stringify(JSON.stringify(actions))})`,
    'taken = 0',
    '',
    '',
    'def act(observation):',
    '    global taken',
    '    if taken == len(ACTIONS):',
    `        raise RuntimeError("${PROBE_ENDED}")`,
    '    taken += 1',
    '    return ACTIONS[taken - 1]',
    '',
  ].join('\n');
}
