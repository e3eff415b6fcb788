/** One attempt at an answer by the Responses API, which some models of OpenAI's are served by alone. */
import type { OpenAI } from 'openai';
import type { ChatAnswer, ChatAttempt, ChatRequest, ChatTurn } from './chat-request';
import type { CollectedAnswer } from './collected-answer';
import { readFields, readReportedUsage } from './model-response';
import type { Attempt } from './retry';
import { streamAnswer } from './stream-answer';

/** Asks the model once, by responses. Nothing is kept on the server: every request has the whole conversation. */
export function streamResponses(
  client: OpenAI,
  request: ChatRequest,
  attempt: ChatAttempt,
): Promise<Attempt<ChatAnswer>> {
  const { model, prompt, turns, tools, temperature, maxTokens, further } = request;
  const { reasoning_effort: effort, ...others } = further;
  return streamAnswer(request, attempt, readEvent, (options) =>
    client.responses
      .create(
        {
          ...others,
          model,
          instructions: prompt.system,
          input: [{ role: 'user', content: prompt.user }, ...turns.flatMap(writeTurn)],
          ...(tools !== undefined && {
            tools: tools.map(({ name, description, parameters }) => ({
              type: 'function' as const,
              name,
              description,
              parameters: { ...parameters },
              strict: false,
            })),
          }),
          ...(isEffort(effort) && { reasoning: { effort } }),
          ...(temperature !== null && { temperature }),
          max_output_tokens: maxTokens,
          store: false,
          stream: true,
        },
        options,
      )
      .withResponse(),
  );
}

function isEffort(value: unknown): value is 'low' | 'medium' | 'high' {
  return value === 'low' || value === 'medium' || value === 'high';
}

function writeTurn(turn: ChatTurn): OpenAI.Responses.ResponseInputItem[] {
  const answered: OpenAI.Responses.ResponseInputItem[] =
    turn.answer === '' ? [] : [{ role: 'assistant', content: turn.answer }];
  if ('request' in turn) return [...answered, { role: 'user', content: turn.request }];
  return [
    ...answered,
    ...turn.toolUses.flatMap(({ call, result }) => [
      { type: 'function_call' as const, call_id: call.id, name: call.name, arguments: call.arguments },
      { type: 'function_call_output' as const, call_id: call.id, output: result },
    ]),
  ];
}

/** Reads an event of the stream; those that bring nothing of the answer are passed over. */
function readEvent(collected: CollectedAnswer, event: unknown): void {
  const { type, delta, output_index: place, item, response } = readFields(event);
  const at = typeof place === 'number' ? { place } : {};
  switch (type) {
    case 'response.output_text.delta':
      collected.addContent(delta);
      return;
    case 'response.refusal.delta':
      collected.addRefusal(delta);
      return;
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      collected.addReasoning(delta);
      return;
    case 'response.output_item.added': {
      const { type: kind, call_id: id, name } = readFields(item);
      if (kind === 'function_call') collected.addToolCall({ ...at, id, name });
      return;
    }
    case 'response.function_call_arguments.delta':
      collected.addToolCall({ ...at, written: delta });
      return;
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      readEnd(collected, readFields(response));
      return;
  }
}

/** Reads the end of an answer, in the words of chat completions. One that failed has no end: it broke off. */
function readEnd(collected: CollectedAnswer, response: Readonly<Record<string, unknown>>): void {
  const { status, model, usage, incomplete_details: details } = response;
  collected.setModel(model);
  collected.setUsage(readReportedUsage(usage, 'input', 'output'));
  const { reason } = readFields(details);
  if (status === 'completed') collected.finish('stop');
  if (status === 'incomplete') collected.finish(reason === 'content_filter' ? reason : 'length');
}
