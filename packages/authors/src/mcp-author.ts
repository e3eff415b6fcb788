/** The `mcp` author: an agent from outside, such as a coding agent, works on the run by the Model Context Protocol. */
import { createHash } from 'node:crypto';
import type { Author, AuthorAnswer, AuthorFailure, AuthorRequest } from '@policybook/engine';
import { addUsage, type Json, type Result } from '@policybook/protocol';
import { z } from 'zod';
import instructions from '../prompts/outside-agent.md';
import { AgentSession } from './agent-session';
import { listServedTools, refuseUse, useTool, type ServedTool, type ToolAnswer } from './agent-tools';
import { SilenceWatch } from './answer-limits';
import { createFailure } from './author-failure';
import {
  defineAuthor,
  type AnnouncedServer,
  type AuthorDefinition,
  type AuthorDependencies,
} from './author-kind';
import { formatDuration } from './duration';
import { serveTools, type ToolServer } from './mcp-server';
import { describeCallUsage, NO_TOKENS } from './usage';

const MCP = 'mcp';
const TRAITS = {
  spendsModelCalls: true,
  hasIndependentSamples: false,
  readsWords: true,
  answersFromOutside: true,
};

/** Schema of the settings. */
const mcpSettings = z.strictObject({
  kind: z.literal(MCP),
  /** How long the agent's next use of a tool is waited for. */
  deadlineSeconds: z.number().positive(),
});

/** The `mcp` author: a program that has the run's token works on it by tools, and is its author. */
export const mcp = defineAuthor(mcpSettings, ({ deadlineSeconds }): AuthorDefinition => ({
  ...TRAITS,
  sampling: null,
  findObstacle: () => null,
  create: (dependencies) => ({ ok: true, value: new OutsideAgent(deadlineSeconds, dependencies) }),
}));

/** Milliseconds that a use of a tool waits for the run to ask its author again. */
const TURN_WAIT_MS = 25_000;
const STATUS = 'status';
const STATUS_TOOL: ServedTool = {
  name: STATUS,
  about:
    'Says whether the run waits for you, or races what was proposed, or has ended, and how far it has come. It costs nothing.',
  args: z.strictObject({}),
};

/** A turn that waits for the agent. */
interface OpenTurn {
  readonly session: AgentSession;
  /** Does something after everything before it: a use decides what the next one has left. */
  enqueue<T>(work: () => Promise<T>): Promise<T>;
  /** Ends the wait for the agent. */
  finish(): void;
  /** Ends it where the agent uses no tool for too long. */
  readonly watch: SilenceWatch;
  /** The number of the next use. */
  next: number;
}

class OutsideAgent implements Author {
  readonly kind = MCP;
  readonly spendsModelCalls = TRAITS.spendsModelCalls;
  readonly hasIndependentSamples = TRAITS.hasIndependentSamples;
  private server: ToolServer | null = null;
  private withdraw: () => Promise<void> = () => Promise.resolve();
  private turn: OpenTurn | null = null;
  private latest: AuthorRequest | null = null;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly deadlineSeconds: number,
    private readonly dependencies: Pick<AuthorDependencies, 'calls' | 'announceServer'>,
  ) {}

  /** Opens a turn, and answers with what the agent has submitted. Uses that a killed kernel has recorded are made again first. */
  async propose(request: AuthorRequest): Promise<Result<AuthorAnswer, AuthorFailure>> {
    if (request.signal.aborted) return createFailure('cancelled', 'The turn was cancelled.', NOTHING_SPENT);
    this.latest = request;
    const session = new AgentSession(request);
    const next = await this.repeatUses(session);
    if (!next.ok) return next;
    if (session.ended === null) {
      const failure = await this.awaitAgent(session, next.value);
      if (failure !== null) return failure;
    }
    const answer = session.describeAnswer(`${MCP} ${request.generation + 1}`);
    const call = nameUse(describePlace(request, 0));
    return {
      ok: true,
      value: {
        ...answer,
        isUnmetered: true,
        call: `${call}.json`,
        // What the agent's own model reads, writes and costs is not known.
        usage: addUsage(describeCallUsage(1, NO_TOKENS, null), session.usage),
      },
    };
  }

  /** Ends what waits for the run: it is over. */
  async close(): Promise<void> {
    await this.withdraw();
    await this.server?.close();
  }

  /** Makes the uses again that the log has of this turn, and counts them. */
  private async repeatUses(session: AgentSession): Promise<Result<number, AuthorFailure>> {
    const { calls } = this.dependencies;
    for (let index = 0; ; index++) {
      if (session.ended !== null) return { ok: true, value: index };
      const place = describePlace(session.request, index);
      const call = nameUse(place);
      const recorded = await calls.find(call, place);
      if (recorded?.response == null) return { ok: true, value: index };
      const use = recordedUse.safeParse(recorded.response);
      if (!use.success) {
        const message = `calls/${call}.json of the run's folder holds no use of a tool; put it back from a copy`;
        return createFailure('record_broken', message, { ...NOTHING_SPENT, isLasting: true });
      }
      await useTool(session, use.data.tool, use.data.args);
    }
  }

  private async awaitAgent(session: AgentSession, next: number): Promise<AuthorFailure | null> {
    const { signal } = session.request;
    try {
      await this.serve(session.request.state.run);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `No agent can be let in: ${reason}`;
      return createFailure('no_server', message, { ...NOTHING_SPENT, isLasting: true });
    }
    const { run } = session.request.state;
    session.request.onActivity?.(
      `waiting for an agent to submit a policy: \`policybook mcp ${run}\` connects one`,
    );
    const watch = new SilenceWatch(1000 * this.deadlineSeconds);
    const either = AbortSignal.any([signal, watch.signal]);
    let tail: Promise<unknown> = Promise.resolve();
    const ended = new Promise<void>((resolve) => {
      const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
        const done = tail.then(work);
        tail = done.catch(() => undefined);
        return done;
      };
      this.turn = { session, enqueue, finish: resolve, watch, next };
      either.addEventListener('abort', () => {
        resolve();
      });
      if (either.aborted) resolve();
    });
    watch.restart();
    for (const wake of this.waiting) wake();
    await ended;
    watch.end();
    this.turn = null;
    if (session.ended !== null) return null;
    if (signal.aborted) return createFailure('cancelled', 'The turn was cancelled.', NOTHING_SPENT);
    const message = `No agent has worked on the run for ${formatDuration(this.deadlineSeconds)}. Connect one by policybook mcp ${run} and run the cell again: what was done so far is kept.`;
    return createFailure('deadline', message, { ...NOTHING_SPENT, isLasting: true, isOutage: true });
  }

  /** Listens, once, where `policybook mcp` finds it. */
  private async serve(run: string): Promise<void> {
    if (this.server !== null) return;
    const server = await serveTools({
      name: run,
      instructions: instructions.replaceAll('{{run}}', run),
      tools: [STATUS_TOOL, ...listServedTools()],
      use: (tool, args) => this.use(tool, args),
    });
    const { url, token } = server;
    this.withdraw = await this.announce(server, { run, url, token });
    this.server = server;
  }

  /** Says where the server listens; one that cannot be found is closed again. */
  private async announce(server: ToolServer, announced: AnnouncedServer): Promise<() => Promise<void>> {
    try {
      return await this.dependencies.announceServer(announced);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  private async use(tool: string, args: unknown): Promise<ToolAnswer> {
    if (tool === STATUS) return this.describeStatus();
    const turn = this.turn ?? (await this.awaitTurn());
    if (turn === null)
      return {
        text: 'The run is racing, tuning or comparing what was proposed. Use `status`, or this tool again.',
        isError: true,
      };
    return turn.enqueue(() => this.useInTurn(turn, tool, args));
  }

  private async useInTurn(turn: OpenTurn, tool: string, args: unknown): Promise<ToolAnswer> {
    if (this.turn !== turn) return { text: 'This turn is over.', isError: true };
    turn.watch.end();
    try {
      return await this.useRecorded(turn, tool, args);
    } finally {
      if (turn.session.ended !== null) turn.finish();
      else if (this.turn === turn) turn.watch.restart();
    }
  }

  private async useRecorded(turn: OpenTurn, tool: string, args: unknown): Promise<ToolAnswer> {
    const refusal = refuseUse(turn.session, tool);
    if (refusal !== null) return refusal;
    const { calls } = this.dependencies;
    const place = describePlace(turn.session.request, turn.next++);
    const name = nameUse(place);
    // It is on the disk before its episodes are played: a run that is killed meanwhile makes it again.
    await calls.intend(name, place);
    await calls.answer(name, { tool, args: z.json().parse(args) });
    return useTool(turn.session, tool, args);
  }

  /** Waits for the next turn, but not for long: an agent's client gives up after a minute. */
  private async awaitTurn(): Promise<OpenTurn | null> {
    let wake: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, TURN_WAIT_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiting.add(wake);
    });
    this.waiting.delete(wake);
    return this.turn;
  }

  private describeStatus(): ToolAnswer {
    const request = this.latest;
    if (request === null) return { text: 'The run has not begun.', isError: false };
    const { run, candidates } = request.state;
    const status: Record<string, Json> = {
      run,
      environment: request.settings.environmentName,
      waitsForYou: this.turn !== null,
      turn: request.generation + 1,
      candidatesAtItsStart: candidates.size,
      episodesLeftAtItsStart: request.left.episodes,
      turnsLeftAtItsStart: request.left.calls,
    };
    return { text: JSON.stringify(status), isError: false };
  }
}

const NOTHING_SPENT = { call: null, usage: {} };

/** What an agent does next, as the log of calls has it. */
const recordedUse = z.object({ tool: z.string(), args: z.json() });

/** Which use of a run it is, in the words by which a replay finds the calls of a record. */
function describePlace({ generation }: AuthorRequest, index: number): Json {
  return { author: MCP, sample: generation, answer: index };
}

/** Names a use of a tool: the same in every session of a run. */
function nameUse(place: Json): string {
  return createHash('sha256').update(JSON.stringify(place)).digest('hex');
}
