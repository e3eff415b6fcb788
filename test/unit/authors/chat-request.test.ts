/** The strict server refuses what OpenAI's published description of requests does not allow. */
import { findRequestFault } from '../../fixtures/chat-request';
import { startOpenAiServer } from '../../fixtures/scripted-openai-server';

const messages = [{ role: 'user', content: 'Write a policy.' }];
const call = { id: 'call_0', type: 'function', function: { name: 'read', arguments: '{}' } };
const asked = { role: 'assistant', content: '', tool_calls: [call] };

test.each<[string, object, string | null]>([
  ['a plain request', { stream: true, stream_options: { include_usage: true }, max_tokens: 10 }, null],
  [
    'a call with its answer',
    { messages: [...messages, asked, { role: 'tool', content: 'ok', tool_call_id: 'call_0' }] },
    null,
  ],
  [
    'a call without its answer',
    { messages: [...messages, asked, ...messages] },
    'every tool call is followed by',
  ],
  ['no message', { messages: [] }, 'messages'],
  ['a role that there is not', { messages: [{ role: 'author', content: 'x' }] }, 'messages[0].role'],
  ['a field that there is not', { temprature: 1 }, 'temprature'],
  ['too high a temperature', { temperature: 3 }, 'temperature'],
  [
    'options of a stream without one',
    { stream_options: { include_usage: true } },
    'stream_options are for streams',
  ],
  ['two limits', { max_tokens: 1, max_completion_tokens: 1 }, 'exclude each other'],
  [
    'a tool with a bad name',
    { tools: [{ type: 'function', function: { name: 'a b' } }] },
    'tools[0].function.name',
  ],
])('%s', (_, change, expected) => {
  const fault = findRequestFault(JSON.stringify({ model: 'm', messages, ...change }));
  if (expected === null) expect(fault).toBeNull();
  else expect(fault).toContain(expected);
});

test('the server answers such a request with status 400', async () => {
  const server = await startOpenAiServer([{ content: 'hello' }]);
  try {
    const response = await fetch(`${server.baseUrl}/chat/completions`, {
      method: 'POST',
      body: '{"model": "m"}',
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('messages');
  } finally {
    await server.close();
  }
});
