// The server as the official Inspector's command line sees it. Each command starts a server of its own and ends it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { CHAT } from './world.mjs';

const manifest = createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json');
const inspector = join(dirname(manifest), 'clients/launcher/build/index.js');

/** Gives a function that runs one method in the Inspector; it answers with what was printed, and adds complaints. */
function inspect(world) {
  const config = join(world.folder, 'mcp.json');
  const { program: command, env } = world;
  writeFileSync(config, JSON.stringify({ mcpServers: { 'libtv-video': { command, args: ['mcp'], env } } }));
  return async (method, ...args) => {
    const line = [inspector, '--cli', '--config', config, '--server', 'libtv-video', '--method', method];
    const surroundings = { ...process.env, HOME: world.folder, MCP_INSPECTOR_SECRET_STORE: 'memory' };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...line, ...args], { env: surroundings });
    return { ...JSON.parse(stdout), complaints: stderr.match(/^(Warning|Error): .*$/gm) ?? [] };
  };
}

export const checks = {
  async 'the Inspector finds nothing wrong with the schemas'(world) {
    const { tools, complaints } = await inspect(world)('tools/list', '--strict');
    assert.deepEqual(complaints, []);
    assert.ok(tools.every((tool) => tool.title && tool.outputSchema && tool.annotations));
  },

  async 'the Inspector takes a job to its delivery'(world) {
    const run = inspect(world);
    const tool = (name, args) => run('tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args));
    const submitted = await tool('create_session', { message: 'a red fox', channel: 'feishu', chat_id: CHAT });
    assert.equal(submitted.structuredContent.status, 'submitted');
    const waited = await tool('wait_for_result', { session_id: submitted.structuredContent.sessionId });
    assert.equal(waited.structuredContent.session.state, 'completed');
    assert.deepEqual(waited.content.map(({ type }) => type), ['text', 'resource_link', 'resource_link']);
    const received = await world.received();
    assert.deepEqual([received.types, received.submits.length], [['media', 'image'], 1]);
  },

  async 'the Inspector sees resources, the prompt and errors'(world) {
    const run = inspect(world);
    assert.deepEqual((await run('resources/list')).resources, []);
    assert.equal((await run('resources/templates/list')).resourceTemplates.length, 1);
    assert.deepEqual((await run('prompts/list')).prompts.map(({ name }) => name), ['messenger']);
    const prompt = await run('prompts/get', '--prompt-name', 'messenger', '--prompt-args', 'request=a cat');
    assert.match(prompt.messages[0].content.text, /a cat/);
    // It ends with an exit code of its own for a tool's error.
    const failing = run('tools/call', '--tool-name', 'query_session', '--tool-arg', 'session_id=nobody-knows');
    const { code, stdout } = await failing.then(assert.fail, (error) => error);
    assert.notEqual(code, 0);
    assert.equal(JSON.parse(stdout).structuredContent.error.kind, 'permanent');
  },
};
