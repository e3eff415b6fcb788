/** One attempt at a streamed chat completion on any OpenAI-compatible server. */
import type { OpenAI } from 'openai';
import type { ChatAnswer, ChatAttempt, ChatRequest, ChatTurn } from './chat-request';
import type { CollectedAnswer } from './collected-answer';
import { readFields, readReportedUsage } from './model-response';
import type { Attempt } from './retry';
import { streamAnswer } from './stream-answer';
import type { ToolDescription } from './tool-call';

/** Asks the model once, by chat completions. */
export function streamChat(
  client: OpenAI,
  request: ChatRequest,
  attempt: ChatAttempt,
): Promise<Attempt<ChatAnswer>> {
  const { model, prompt, turns, tools, temperature, maxTokens, further, compatible } = request;
  return streamAnswer(request, attempt, readChunk, (options) =>
    client.chat.completions
      .create(
        {
          ...further,
          model,
          messages: [
            { role: 'system', content: prompt.system },
            { role: 'user', content: prompt.user },
            ...turns.flatMap(writeTurn),
          ],
          ...(tools !== undefined && { tools: tools.map(writeTool) }),
          stream: true,
          stream_options: { include_usage: true },
          ...(temperature !== null && { temperature }),
          ...Object.fromEntries([[compatible ? 'max_tokens' : 'max_completion_tokens', maxTokens]]),
        },
        options,
      )
      .withResponse(),
  );
}

function writeTurn(turn: ChatTurn): OpenAI.ChatCompletionMessageParam[] {
  const { answer } = turn;
  if ('request' in turn)
    return [
      { role: 'assistant', content: answer },
      { role: 'user', content: turn.request },
    ];
  const calls = turn.toolUses.map(({ call }) => ({
    id: call.id,
    type: 'function' as const,
    function: { name: call.name, arguments: call.arguments },
  }));
  return [
    { role: 'assistant', content: answer, tool_calls: calls },
    ...turn.toolUses.map(({ call, result }) => ({
      role: 'tool' as const,
      tool_call_id: call.id,
      content: result,
    })),
  ];
}

function writeTool({ name, description, parameters }: ToolDescription): OpenAI.ChatCompletionTool {
  return { type: 'function', function: { name, description, parameters: { ...parameters } } };
}

/** Reads a chunk. Servers differ in where usage stands and in what they leave out. */
function readChunk(collected: CollectedAnswer, chunk: unknown): void {
  const { model, choices, usage } = readFields(chunk);
  collected.setModel(model);
  // OpenAI sends usage in a last chunk without choices, vLLM with the last choice, others with every chunk.
  collected.setUsage(readReportedUsage(usage, 'prompt', 'completion'));
  const choice = readFields(Array.isArray(choices) ? choices[0] : undefined);
  collected.finish(choice['finish_reason']);
  const { content, refusal, tool_calls: calls, ...delta } = readFields(choice['delta']);
  if (Array.isArray(calls))
    for (const each of calls as readonly unknown[]) {
      const { index, id, function: called } = readFields(each);
      const { name, arguments: written } = readFields(called);
      collected.addToolCall({ ...(typeof index === 'number' && { place: index }), id, name, written });
    }
  collected.addContent(content);
  collected.addRefusal(refusal);
  // DeepSeek, vLLM and llama.cpp send the first, OpenRouter the second.
  collected.addReasoning(delta['reasoning_content'] ?? delta['reasoning']);
}
