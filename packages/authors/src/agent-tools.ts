/** The tools of an author that tries before it proposes: the same for a model's tool calls and for agents from outside. */
import { summariseEpisodes, type KeptTrace } from '@policybook/engine';
import type { Json } from '@policybook/protocol';
import { z } from 'zod';
import type { AgentSession } from './agent-session';
import { listLabels, makeUnique } from './answer';
import { describeFault } from './fault';
import { quoteInLine } from './quoted';
import { formatHistory, formatTask } from './agent-reading';
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
/** Characters of a text that is submitted or tried. */
const MOST_SOURCE = 200_000;

const source = z.string().min(1).max(MOST_SOURCE);
const subject = {
  policy: source.exactOptional().describe('The text of a policy file.'),
  candidate: z
    .int()
    .positive()
    .exactOptional()
    .describe('The number of a candidate, as 5 for @5, in the place of a text.'),
};
const NO_SUBJECT = 'Give either `policy`, a text, or `candidate`, the number of a candidate of this run.';

const succeed = (value: Json): ToolAnswer => ({ text: JSON.stringify(value), isError: false });
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

/** Every tool by its name. */
const TOOLS: ReadonlyMap<string, ReadyTool> = new Map([
  [
    'read',
    defineTool({
      about:
        'Reads what is known, which costs nothing: `task` (environment, contract, budget, evidence), `history` (all candidates with their scores) or `candidate` (the text of one, by its number).',
      args: z.strictObject({
        what: z.enum(['task', 'history', 'candidate']),
        candidate: z.int().positive().exactOptional(),
      }),
      use: async (session, { what, candidate }) => {
        const { request } = session;
        const text =
          what === 'task'
            ? await formatTask(request)
            : what === 'history'
              ? formatHistory(request)
              : session.findSource(undefined, candidate);
        if (text === null) return refuse(NO_SUBJECT);
        await request.tools.note(
          'read',
          what === 'candidate' ? `read @${String(candidate)}` : `read the ${what}`,
        );
        return { text, isError: false };
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
        const traced = await request.tools.trace(writeProbe(actions), episode);
        if (!traced.ok) return refuse(traced.message);
        const { failure } = traced.value;
        const isOver = failure?.message.includes(PROBE_ENDED) === true;
        const said = failure === null || isOver ? null : failure.message;
        return succeed({ ...describeTrace(traced.value, MOST_ACTIONS), failure: said });
      },
    }),
  ],
  [
    'evaluate',
    defineTool({
      about:
        'Plays a policy on the first so many seeds of the tools, the same for every text, and returns its score, how episodes ended, and the paired difference to the best text of this turn. It takes as many episodes.',
      args: z.strictObject({ ...subject, episodes: z.int().min(1).max(100).default(8) }),
      use: async (session, { policy, candidate, episodes }) => {
        const text = session.findSource(policy, candidate);
        if (text === null) return refuse(NO_SUBJECT);
        const { tools } = session.request;
        const played = await tools.evaluate(text, episodes);
        if (!played.ok) return refuse(played.message);
        const { failure, episodes: all } = played.value;
        const returns = all.map((each) => each.return);
        const best = session.noteEvaluated(text, played.value);
        const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
        return succeed({
          episodes: all.length,
          mean: all.length === 0 ? null : mean,
          ...summarise(all),
          returns,
          differenceToBestOfThisTurn: best === null ? null : { ...best },
          failure: failure === null ? null : describeFault(text, failure),
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
        const text = session.findSource(policy, candidate);
        if (text === null) return refuse(NO_SUBJECT);
        const traced = await session.request.tools.trace(text, episode);
        if (!traced.ok)
          return refuse(traced.failure === null ? traced.message : describeFault(text, traced.failure));
        const { failure } = traced.value;
        return succeed({
          ...describeTrace(traced.value, rows),
          failure: failure === null ? null : describeFault(text, failure),
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
        const text = session.findSource(policy, candidate);
        if (text === null) return refuse(NO_SUBJECT);
        const tuned = await session.request.tools.tune(text, episodes);
        if (!tuned.ok)
          return refuse(tuned.failure === null ? tuned.message : describeFault(text, tuned.failure));
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
        const note = quoteInLine(text, 400);
        session.notes.push(note);
        await session.request.tools.note('note', `notes: ${note}`);
        return { text: 'kept', isError: false };
      },
    }),
  ],
  [
    'submit',
    defineTool({
      about:
        'Proposes a policy and ends the turn: it is raced on fresh seeds like every candidate. A text that cannot be played comes back with what is wrong.',
      args: z.strictObject({
        policy: source,
        label: z.string().min(1).max(200).describe('Three to five words that name the approach.'),
        idea: z.string().min(1).max(1000).describe('What changes, and why it should score higher.'),
      }),
      use: async (session, { policy, label, idea }) => {
        const taken = listLabels(session.request.state);
        const proposal = {
          label: makeUnique(quoteInLine(label, 60) || 'submitted', taken),
          idea: quoteInLine(idea, 300) || label,
          source: `${policy.trimEnd()}\n`,
        };
        const fault = await session.submit(proposal);
        return fault === null
          ? { text: 'proposed', isError: false }
          : refuse(`This policy cannot be played, and is not proposed yet. ${fault}`);
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
        return { text: 'stopped', isError: false };
      },
    }),
  ],
]);

/** What a model or an agent is told of the tools. */
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

/** Uses a tool. What cannot be done is said, never thrown; an ended turn takes no further use. */
export async function useTool(session: AgentSession, name: string, args: unknown): Promise<ToolAnswer> {
  if (session.ended !== null) return refuse('The turn is over: a policy was submitted, or it was stopped.');
  const tool = TOOLS.get(name);
  if (tool !== undefined) return tool.use(session, args);
  return refuse(`There is no tool ${quoteInLine(name, 60)}; there are ${[...TOOLS.keys()].join(', ')}.`);
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

function describeTrace(trace: KeptTrace, rows: number): Record<string, Json> {
  const { steps, length, terminated, truncated } = trace;
  const shown = steps.filter(
    (_, index) =>
      index === 0 ||
      Math.floor((index * rows) / steps.length) > Math.floor(((index - 1) * rows) / steps.length),
  );
  return {
    return: trace.return,
    steps: length,
    ending: terminated ? 'terminated' : truncated ? 'truncated' : 'the policy failed',
    rows: shown.map(({ step, observation, action, reward, lines, variables }) => ({
      step,
      observation: cutJson(observation),
      action,
      reward,
      decidedByLine: lines.at(-1)?.[0] ?? null,
      variables: Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, value.slice(0, MOST_CELL)]),
      ),
    })),
  };
}

function cutJson(value: Json): Json {
  const text = JSON.stringify(value);
  return text.length <= MOST_CELL ? value : `${text.slice(0, MOST_CELL)} …`;
}

/** What the probe's text says when its actions have been played, by which its end is told from a failure. */
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
