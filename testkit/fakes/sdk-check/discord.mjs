// sdk: @discordjs/rest@2.6.3
// The REST client of discord.js against the fake: prints how many checks passed, or the first difference.
import { DiscordAPIError, RateLimitError, REST } from '@discordjs/rest';
import assert from 'node:assert/strict';

const api = `${process.argv[2]}/api`;
const TOKEN = 'MTAwMDAwMDAwMDAwMDAwMDAx.Gtstkt.testkit0123456789abcdefghijklmnopqrs';
const BOT = '100000000000000001';
const CHANNEL = '200000000000000001';
const THREAD = '200000000000000002';
const MB = 1 << 20;
// A repeated request would hide what the first one met.
const options = { api, version: '10', retries: 0, rejectOnRateLimit: () => true };
const rest = new REST(options).setToken(TOKEN);
let passed = 0;

const messages = (channel) => `/channels/${channel}/messages`;
const send = (channel, body, files) => rest.post(messages(channel), { body, files });
const film = (bytes, name = 'libtv-1a2b.mp4') => [{ name, data: Buffer.alloc(bytes, 7), contentType: 'video/mp4' }];

async function refused(name, call, status, code) {
  const error = await call.then(() => assert.fail(`${name}: it was not refused`), (error) => error);
  assert.ok(error instanceof DiscordAPIError, `${name}: ${error}`);
  assert.deepEqual([error.status, error.code], [status, code], name);
  passed += 1;
  return error;
}

function same(name, got, wanted) {
  assert.deepEqual(got, wanted, name);
  passed += 1;
}

// Who it is
const me = await rest.get('/users/@me');
same('the bot', [me.id, me.bot], [BOT, true]);
await refused('a wrong token', new REST(options).setToken('wrong').get('/users/@me'), 401, 0);

// A message, a film, both once
const text = await send(CHANNEL, { content: '你好' });
same('text', [text.content, text.author.id, text.channel_id], ['你好', BOT, CHANNEL]);
const keyed = { content: 'done', nonce: 'node-1', enforce_nonce: true, allowed_mentions: { parse: [] },
  attachments: [{ id: '0', filename: 'libtv-1a2b.mp4', description: 'a fox' }] };
const sent = await send(CHANNEL, keyed, film(MB));
same('a film', [sent.nonce, sent.attachments.length, sent.attachments[0].size], ['node-1', 1, MB]);
same('its name', [sent.attachments[0].filename, sent.attachments[0].description], ['libtv-1a2b.mp4', 'a fox']);
const again = await send(CHANNEL, { ...keyed, content: 'something else' }, film(10));
same('the same nonce', [again.id, again.content, again.attachments[0].size], [sent.id, 'done', MB]);

// The list
const list = await rest.get(messages(CHANNEL), { query: new URLSearchParams({ after: text.id, limit: '100' }) });
same('one since then', list.map((message) => message.id), [sent.id]);
same('without nonce', 'nonce' in list[0], false);
same('with the file', list[0].attachments[0].filename, 'libtv-1a2b.mp4');

// Edits, replies, threads, direct messages
const edited = await rest.patch(`${messages(CHANNEL)}/${text.id}`, { body: { content: 'closed' } });
same('an edit', [edited.id, edited.content, edited.edited_timestamp !== null], [text.id, 'closed', true]);
const added = await rest.patch(`${messages(CHANNEL)}/${text.id}`, { body: { content: 'with film' }, files: film(100) });
same('an added file', added.attachments.length, 1);
const reply = await send(CHANNEL, { content: 'here', message_reference: { message_id: text.id } });
same('a reply', reply.message_reference.message_id, text.id);
same('a thread', (await send(THREAD, { content: 'x' })).channel_id, THREAD);
const direct = await rest.post('/users/@me/channels', { body: { recipient_id: '300000000000000001' } });
same('a direct conversation', [direct.type, direct.recipients[0].id], [1, '300000000000000001']);
same('a direct message', (await send(direct.id, { content: 'x' })).channel_id, direct.id);
const closed = await rest.post('/users/@me/channels', { body: { recipient_id: '300000000000000009' } });
await refused('a person who blocks', send(closed.id, { content: 'x' }), 403, 50007);

// Refusals
await refused('no access', send('200000000000000003', { content: 'x' }), 403, 50001);
await refused('no permission', send('200000000000000004', { content: 'x' }), 403, 50013);
await refused('no files', send('200000000000000005', { content: 'x' }, film(10)), 403, 50013);
await refused('no channel', send('200000000000000006', { content: 'x' }), 404, 10003);
await refused('moderated', send('200000000000000007', { content: 'x' }), 400, 200000);
await refused('nothing', send(CHANNEL, { content: '' }), 400, 50006);
const long = await refused('too long', send(CHANNEL, { content: 'x'.repeat(2001) }), 400, 50035);
assert.equal(long.rawError.errors.content._errors[0].code, 'BASE_TYPE_MAX_LENGTH');
await refused('a long nonce', send(CHANNEL, { content: 'x', nonce: 'n'.repeat(26) }), 400, 50035);
await refused('a file over 10 MiB', send(CHANNEL, { content: 'x' }, film(10 * MB + 1)), 413, 40005);
await refused('an unknown message', rest.get(`${messages(CHANNEL)}/${CHANNEL}`), 404, 10008);
const limited = await send('200000000000000008', { content: 'x' }).catch((error) => error);
assert.ok(limited instanceof RateLimitError, `${limited}`);
same('429', limited.scope, 'user');

// Away with it
await rest.delete(`${messages(CHANNEL)}/${sent.id}`);
await refused('its nonce afterwards', send(CHANNEL, keyed, film(MB)), 404, 10008);

console.log(passed);
