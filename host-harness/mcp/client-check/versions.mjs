// The server as clients see it that were built with an older SDK: people update an agent less often than we do. Some compile
// every schema when they list the tools, and use none when one can't be compiled.

import assert from 'node:assert/strict';

const VERSIONS = ['sdk-1.11', 'sdk-1.17', 'sdk-1.22', 'sdk-1.25'];

const check = (version) => async (world) => {
  const { Client } = await import(`${version}/client/index.js`);
  const { StdioClientTransport } = await import(`${version}/client/stdio.js`);
  const client = new Client({ name: 'client-check', version: '0' });
  await client.connect(new StdioClientTransport({ command: world.program, args: ['mcp'], env: world.env, stderr: 'ignore' }));
  const { tools } = await client.listTools();
  assert.ok(tools.length >= 8);
  const answer = await client.callTool({ name: 'list_sessions', arguments: {} });
  assert.deepEqual(answer.structuredContent?.sessions ?? JSON.parse(answer.content[0].text).sessions, []);
  const unknown = await client.callTool({ name: 'query_session', arguments: { session_id: 'nobody-knows-it' } });
  assert.equal(unknown.isError, true);
  await client.close();
};

export const checks = Object.fromEntries(
  VERSIONS.map((version) => [`a client with ${version} lists and calls the tools`, check(version)]),
);
