/** The conversation of an author that works with tools: it tries before it proposes. */
import type { AuthorAnswer, AuthorFailure, AuthorRequest } from '@policybook/engine';
import { addUsage, type ResourceUsage, type Result } from '@policybook/protocol';
import agent from '../prompts/agent.md';
import { createAnswerContext, readAnswer } from './answer';
import { AgentSession } from './agent-session';
import { listToolDescriptions, useToolCall } from './agent-tools';
import type { ChatTurn, ToolUse } from './chat-request';
import { askCorrespondent, type Correspondent, type SpokenAnswer } from './correspondent';
import { writePrompt, type Prompt } from './prompt';
import { fillTemplate } from './template';
import type { ToolCall } from './tool-call';

/** How an author with tools is asked. */
export interface AgentOptions {
  /** The answers of one turn at most. */
  readonly mostTurns: number;
  /** The name of a text that is proposed without one. */
  readonly label: string;
}

const ONE_LEFT = 'One answer is left in this turn: submit a policy now.';
const NOTHING_DONE = 'Use a tool, or end the turn by submit.';

/**
 * Runs one turn. Where it ends without a submitted text, because answers, calls or tokens are spent or the server fails, the best
 * text that was tried is proposed: nothing that was paid for is lost.
 */
export async function proposeWithTools(
  correspondent: Correspondent,
  request: AuthorRequest,
  { mostTurns, label }: AgentOptions,
): Promise<Result<AuthorAnswer, AuthorFailure>> {
  const session = new AgentSession(request);
  const prompt = await writeAgentPrompt(correspondent, request, mostTurns);
  const tools = listToolDescriptions();
  const calls: string[] = [];
  let turns: readonly ChatTurn[] = [];
  let usage: ResourceUsage = {};
  while (session.ended === null && calls.length < mostTurns) {
    const spent = addUsage(usage, session.usage);
    const spoken = await askCorrespondent(correspondent, request, {
      prompt,
      turns,
      usage: spent,
      tools,
    });
    // Asked again, it makes the same uses of tools, which the run has recorded, and finds its answers in their record.
    if (!spoken.ok && spoken.isLasting) return spoken;
    if (!spoken.ok) {
      const isLost = session.proposeBest(label) === null;
      usage = addUsage(usage, spoken.usage);
      if (isLost || spoken.code === 'cancelled')
        return {
          ...spoken,
          call: spoken.call ?? calls.at(-1) ?? null,
          usage: addUsage(usage, session.usage),
        };
      break;
    }
    calls.push(spoken.value.call);
    usage = addUsage(usage, spoken.value.usage);
    turns = [...turns, await takeUp(session, correspondent, spoken.value, calls.length === mostTurns - 1)];
  }
  return {
    ok: true,
    value: {
      ...session.describeAnswer(label),
      call: calls.at(-1) ?? null,
      ...(calls.length > 1 && { earlierCalls: calls.slice(0, -1) }),
      ...(prompt.tracedSteps > 0 && { tracedSteps: prompt.tracedSteps }),
      usage: addUsage(usage, session.usage),
    },
  };
}

async function writeAgentPrompt(
  { prompts }: Correspondent,
  request: AuthorRequest,
  mostTurns: number,
): Promise<Prompt> {
  const { system, ...rest } = await writePrompt(request, prompts);
  return { system: `${system}\n${fillTemplate(agent, { turns: String(mostTurns) })}`, ...rest };
}

/** Does what an answer asks for, and makes the turn that goes back. */
async function takeUp(
  session: AgentSession,
  correspondent: Correspondent,
  { content, toolCalls = [] }: SpokenAnswer,
  isLastNext: boolean,
): Promise<ChatTurn> {
  const more = isLastNext ? `\n\n${ONE_LEFT}` : '';
  if (toolCalls.length > 0) return { answer: content, toolUses: await useAll(session, toolCalls, more) };
  const { name, prompts } = correspondent;
  const answer = readAnswer(content, createAnswerContext(session.request, { name, ...prompts }, null));
  if (answer.kind !== 'proposal') return { answer: content, request: `${NOTHING_DONE}${more}` };
  const fault = await session.submit(answer.proposal);
  return { answer: content, request: `${fault ?? ''}${more}` };
}

async function useAll(session: AgentSession, calls: readonly ToolCall[], more: string): Promise<ToolUse[]> {
  const uses: ToolUse[] = [];
  // One after the other: a use decides what the next one has left.
  for (const call of calls) {
    const { text, isError } = await useToolCall(session, call.name, call.arguments);
    uses.push({ call, result: isError ? `It could not be done: ${text}` : text });
  }
  return uses.map((use, index) => (index === uses.length - 1 ? { ...use, result: use.result + more } : use));
}
