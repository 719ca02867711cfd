// The server as the official TypeScript SDK sees it. The SDK itself checks every structured answer against the tool's
// schema, errors included.

import assert from 'node:assert/strict';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import Ajv from 'ajv/dist/2020.js';

import { CHAT } from './world.mjs';

/** A client that is connected to a server of its own. */
async function connect(world) {
  const { program: command, env } = world;
  const transport = new StdioClientTransport({ command, args: ['mcp'], env, stderr: 'pipe' });
  const client = new Client({ name: 'client-check', version: '0' });
  let log = '';
  transport.stderr.on('data', (piece) => (log += piece));
  await client.connect(transport);
  // Afterwards the SDK knows the schemas that answers have to fit.
  const { tools } = await client.listTools();
  const call = (name, args = {}, options) => client.callTool({ name, arguments: args }, undefined, options);
  return {
    client,
    tools,
    call,
    async submit(message, options) {
      const result = await call('create_session', { message, channel: 'feishu', chat_id: CHAT }, options);
      assert.equal(result.isError, false, JSON.stringify(result));
      return result.structuredContent;
    },
    /** Resolves when standard error has this text. */
    async says(text) {
      while (!log.includes(text)) await new Promise((heard) => transport.stderr.once('data', heard));
    },
    async close() {
      const { pid } = transport;
      await client.close();
      // The SDK kills what does not end by itself; either way it is gone.
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    },
  };
}

const links = (result) => result.content.filter((block) => block.type === 'resource_link');

export const checks = {
  async 'every tool says what it is, takes and answers'(world) {
    const server = await connect(world);
    const ajv = new Ajv({ strict: true, strictRequired: false });
    assert.ok(server.tools.length >= 8);
    for (const tool of server.tools) {
      assert.match(tool.name, /^[a-z_]+$/);
      for (const text of [tool.title, tool.description]) assert.ok(text.length > 10, tool.name);
      for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint']) {
        assert.equal(typeof tool.annotations[hint], 'boolean', `${tool.name} ${hint}`);
      }
      ajv.compile(tool.inputSchema);
      const validate = ajv.compile(tool.outputSchema);
      assert.ok(!validate({}), `${tool.name}: an empty answer is none`);
    }
    assert.ok(server.client.getInstructions().length > 100);
    await server.close();
  },

  async 'a job is submitted, told of while it runs, delivered once, and linked'(world) {
    const server = await connect(world);
    const submitted = await server.submit('a red fox runs through snow');
    assert.equal(submitted.deliverable, true, submitted.note);
    const told = [];
    const result = await server.call(
      'wait_for_result',
      { session_id: submitted.sessionId },
      { onprogress: (progress) => told.push(progress), resetTimeoutOnProgress: true },
    );
    const { ended, session } = result.structuredContent;
    assert.deepEqual([ended, session.state], [true, 'completed']);
    assert.ok(told.length > 0 && told.every(({ message }) => message.length > 0));
    assert.ok(told.every(({ progress }, at) => at === 0 || progress > told[at - 1].progress));
    assert.deepEqual(links(result).map(({ uri, mimeType }) => [uri, mimeType]), [
      [session.results[0].url, 'video/mp4'],
      [session.results[1].url, 'image/png'],
    ]);
    const received = await world.received();
    assert.deepEqual(received.types, ['media', 'image']);
    assert.equal(received.submits.length, 1);
    const queried = await server.call('query_session', { session_id: submitted.sessionId });
    assert.equal(links(queried).length, 2);
    for (const name of ['check', 'list_sessions', 'recover', 'tasks', 'change_project']) {
      assert.equal((await server.call(name)).isError, false, name);
    }
    const stored = await server.call('download_results', {
      session_id: submitted.sessionId,
      output_dir: `${world.folder}/results`,
    });
    assert.equal(stored.structuredContent.downloaded.length, 2);
    assert.deepEqual((await world.received()).types, ['media', 'image']);
    await server.close();
  },

  async 'errors are answers that say whether to try again'(world) {
    const server = await connect(world);
    const unknown = await server.call('query_session', { session_id: 'nobody-knows-it' });
    assert.equal(unknown.isError, true);
    assert.match(unknown.content[0].text, /^❌ Unknown LibTV session/);
    assert.equal(unknown.structuredContent.error.mayRetry, false);
    const wrong = await server.call('create_session', { message: 'a cat', style: 'noir' });
    assert.match(wrong.content[0].text, /style/);
    await assert.rejects(server.call('setup', { api_key: 'mgk_x' }), { code: -32602 });
    assert.deepEqual((await world.received()).submits, []);
    await server.close();
  },

  async 'a cancelled wait ends and the job goes on'(world) {
    const server = await connect(world);
    const { sessionId: session_id } = await server.submit('patience');
    const stop = new AbortController();
    const wait = server.call(
      'wait_for_result',
      { session_id, timeout_seconds: 1800 },
      { signal: stop.signal, onprogress: () => stop.abort('enough') },
    );
    await assert.rejects(wait);
    await server.client.ping();
    const result = await server.call('wait_for_result', { session_id });
    assert.equal(result.structuredContent.session.state, 'completed');
    assert.deepEqual((await world.received()).types, ['media']);
    await server.close();
  },

  async 'two servers share a state folder'(world) {
    const first = await connect(world);
    await first.says('started: polling');
    const second = await connect(world);
    await second.says('polling is left to it');
    const mine = await first.submit('patience');
    const yours = await second.submit('patience');
    assert.equal(yours.deliverable, true, yours.note);
    for (const [server, job] of [[first, yours], [second, mine]]) {
      const result = await server.call('wait_for_result', { session_id: job.sessionId });
      assert.equal(result.structuredContent.session.state, 'completed');
    }
    assert.deepEqual((await world.received()).types, ['media', 'media']);
    await first.close();
    await second.says('started: polling');
    await second.close();
  },

  async 'beside serve polling is left to it'(world) {
    const serve = world.beside('serve');
    await serve.says('started: polling');
    const server = await connect(world);
    await server.says('polling is left to it');
    const { sessionId: session_id } = await server.submit('patience');
    const result = await server.call('wait_for_result', { session_id }, { onprogress() {} });
    assert.equal(result.structuredContent.session.state, 'completed');
    assert.deepEqual((await world.received()).types, ['media']);
    assert.equal(await serve.stop(), 0);
    await server.says('started: polling');
    await server.close();
  },

  async 'sessions are resources and the role is a prompt'(world) {
    const server = await connect(world);
    const { sessionId } = await server.submit('patience');
    const { resources } = await server.client.listResources();
    assert.deepEqual(resources.map(({ name }) => name), [sessionId]);
    const { contents } = await server.client.readResource({ uri: resources[0].uri });
    assert.equal(JSON.parse(contents[0].text).sessionId, sessionId);
    const { resourceTemplates } = await server.client.listResourceTemplates();
    assert.equal(resourceTemplates.length, 1);
    await assert.rejects(server.client.readResource({ uri: 'libtv://sessions/nobody' }), { code: -32002 });
    const { prompts } = await server.client.listPrompts();
    const prompt = await server.client.getPrompt({ name: prompts[0].name, arguments: { request: '做个视频' } });
    assert.match(prompt.messages[0].content.text, /Verbatim[^]*做个视频/);
    await server.close();
  },
};
