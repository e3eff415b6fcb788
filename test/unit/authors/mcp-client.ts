/** The SDK's own client of the Model Context Protocol, as an agent from outside has one. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { z } from 'zod';

/** Where a run is worked on. */
export interface ServerAddress {
  readonly url: string;
  readonly token: string;
}

const toolResult = z.looseObject({
  content: z.array(z.looseObject({ text: z.string() })),
  isError: z.boolean().optional(),
});

/** Connects to the server of a run. */
export async function connectClient({ url, token }: ServerAddress): Promise<Client> {
  const client = new Client({ name: 'test-agent', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit });
  await client.connect(transport);
  return client;
}

/** Uses a tool and returns its text, and whether it could not be done. */
export async function useByClient(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<{ text: string; isError: boolean }> {
  const { content, isError = false } = toolResult.parse(await client.callTool({ name, arguments: args }));
  return { text: content.map((each) => each.text).join(''), isError };
}

/** Submits one policy and leaves. */
export async function submitByClient(address: ServerAddress, policy: string): Promise<void> {
  const client = await connectClient(address);
  await useByClient(client, 'submit', {
    policy,
    label: 'lean reflex',
    idea: 'Push the cart under the pole.',
  });
  await client.close();
}
