/** What is used of the official SDK of the Model Context Protocol: a file of its own in the bundle, which few runs load. */
export { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
export { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
