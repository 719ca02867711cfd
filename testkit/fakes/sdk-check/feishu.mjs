// sdk: @larksuiteoapi/node-sdk@1.74.0
// The Node SDK against the fake: prints how many checks passed, or the first difference.
import * as lark from '@larksuiteoapi/node-sdk';
import assert from 'node:assert/strict';

const domain = process.argv[2];
const SECRET = 'secret';
// The SDK logs every refusal that is expected here.
const logger = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
let passed = 0;

function client(scenario, appSecret = SECRET) {
  return new lark.Client({ appId: `cli_node_${scenario}`, appSecret, domain, logger });
}

// Refusals with an HTTP status of 400 and more are thrown, those with 200 are returned.
async function reply(call) {
  try {
    const body = await call;
    return { status: 200, code: 0, ...body, data: body?.data ?? body };
  } catch (error) {
    if (!error.response) throw error;
    return { status: error.response.status, headers: error.response.headers, ...error.response.data };
  }
}

async function expect(name, call, wanted) {
  const got = await reply(call);
  for (const [key, value] of Object.entries(wanted)) {
    assert.deepEqual(got[key], value, `${name}: ${key} of ${JSON.stringify(got)}`);
  }
  passed += 1;
  return got;
}

function box(kind, content) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8);
  head.write(kind, 4, 'latin1');
  return Buffer.concat([head, content]);
}
const mp4 = Buffer.concat([box('ftyp', Buffer.from('isom\x00\x00\x02\x00isommp41', 'latin1')), box('mdat', Buffer.alloc(5000, 7))]);
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

function file(of, file_type, content, more = {}) {
  return of.im.v1.file.create({ data: { file_type, file_name: '猫.mp4', file: content, ...more } });
}
function image(of, content) {
  return of.im.v1.image.create({ data: { image_type: 'message', image: content } });
}
function send(of, receive_id_type, receive_id, msg_type, content, more = {}) {
  const data = { receive_id, msg_type, content: JSON.stringify(content), ...more };
  return of.im.v1.message.create({ params: { receive_id_type }, data });
}

// Token
const good = client('good');
await expect('a good token', send(good, 'chat_id', 'oc_node_good', 'text', { text: '你好' }), { code: 0 });
const token = (app_id, app_secret) =>
  good.auth.v3.tenantAccessToken.internal({ data: { app_id, app_secret } });
const issued = await expect('the token route', token('cli_node_good', SECRET), { code: 0, msg: 'ok' });
assert.ok(issued.tenant_access_token.startsWith('t-') && issued.expire > 7000);
await expect('a wrong secret', token('cli_node_good', 'wrong'), { status: 200, code: 10014 });
await expect('an unknown app', token('cli_node_nobody', SECRET), { status: 200, code: 10014 });
await expect('no app', token('', ''), { status: 200, code: 10003 });
const badly = await reply(send(client('messages', 'wrong'), 'chat_id', 'oc_x', 'text', { text: 'x' })).catch((error) => error);
assert.ok(badly.code !== 0, 'a client with a wrong secret sends nothing');
passed += 1;

// Uploads
const uploads = client('uploads');
const video = await expect('an mp4', file(uploads, 'mp4', mp4, { duration: 5041 }), { code: 0 });
assert.match(video.data.file_key, /^file_/);
await expect('an mp4 without duration', file(uploads, 'mp4', mp4), { code: 0 });
const stream = await expect('a stream', file(uploads, 'stream', Buffer.from('anything')), { code: 0 });
const picture = await expect('an image', image(uploads, png), { code: 0 });
assert.match(picture.data.image_key, /^img_/);
await expect('an empty file', file(uploads, 'stream', Buffer.alloc(0)), { status: 400, code: 234010 });
await expect('a file over 30 MB', file(uploads, 'mp4', Buffer.alloc((30 << 20) + 1)), { status: 400, code: 234006 });
await expect('an image over 10 MB', image(uploads, Buffer.concat([png, Buffer.alloc(10 << 20)])), { code: 234006 });
await expect('no image', image(uploads, Buffer.from('text')), { code: 234011 });
await expect('an unknown file_type', file(uploads, 'mov', mp4), { code: 234001 });

// Messages
const to = { chat_id: 'oc_node', open_id: 'ou_node', union_id: 'on_node', user_id: 'node', email: 'node@a.example' };
const contents = {
  media: { file_key: video.data.file_key, image_key: picture.data.image_key },
  text: { text: 'x' },
  image: { image_key: picture.data.image_key },
};
for (const [type, id] of Object.entries(to)) {
  for (const [msg_type, content] of Object.entries(contents)) {
    const sent = await expect(`${msg_type} to ${type}`, send(uploads, type, id, msg_type, content), { code: 0 });
    assert.match(sent.data.message_id, /^om_/);
  }
}
const at = (chat, msg_type, content, more) => send(uploads, 'chat_id', `oc_node_${chat}`, msg_type, content, more);
await expect('a stream as file', at('a', 'file', { file_key: stream.data.file_key }), { code: 0 });
await expect('an mp4 as file', at('a', 'file', { file_key: video.data.file_key }), { status: 400, code: 230055 });
await expect('a stream as media', at('a', 'media', { file_key: stream.data.file_key }), { status: 400, code: 230055 });
await expect('an mp4 as video', at('a', 'video', { file_key: video.data.file_key }), { status: 400, code: 230001 });
await expect('no bot in the chat', send(uploads, 'chat_id', 'oc_without_bot', 'text', { text: 'x' }), { code: 230002 });
await expect('an unavailable user', send(uploads, 'open_id', 'ou_unavailable', 'text', { text: 'x' }), { code: 230013 });
await expect('a malformed receiver', send(uploads, 'open_id', 'oc_node', 'text', { text: 'x' }), { code: 230001 });
await expect('no receiver', send(uploads, 'chat_id', '', 'text', { text: 'x' }), { code: 99992402 });
await expect("another app's key", send(client('foreign'), 'chat_id', 'oc_node_b', 'image', contents.image), { code: 230017 });

// Scope, bot ability, rates
const scopeless = client('scopeless');
const denied = await expect('a missing scope', file(scopeless, 'mp4', mp4), { status: 400, code: 99991672 });
assert.match(denied.msg, /\/app\/cli_node_scopeless\/auth\?q=/);
await expect('text without the upload scope', send(scopeless, 'chat_id', 'oc_node_c', 'text', { text: 'x' }), { code: 0 });
await expect('no bot ability', send(client('botless'), 'chat_id', 'oc_node_d', 'text', { text: 'x' }), { code: 230006 });
await expect('an upload without bot ability', image(client('botless'), png), { code: 234007 });
const limited = client('limited').im.v1.message.reply({
  path: { message_id: 'om_limited' },
  data: { msg_type: 'text', content: '{"text":"x"}' },
});
const slow = await expect('429', limited, { status: 429, code: 99991400 });
assert.equal(slow.headers['x-ogw-ratelimit-reset'], '1');
const crowd = [];
for (let n = 0; n < 6; n += 1) {
  crowd.push(await reply(send(client('limited'), 'chat_id', 'oc_node_crowd', 'text', { text: 'x' })));
}
assert.deepEqual(crowd.map((answer) => answer.code), [0, 0, 0, 0, 0, 230020], 'six in a second');
passed += 1;

// uuid, reply, card
const uuid = client('uuid');
const once = await expect('a uuid', send(uuid, 'chat_id', 'oc_node_e', 'text', { text: 'x' }, { uuid: 'node-1' }), { code: 0 });
const twice = await expect('it again', send(uuid, 'chat_id', 'oc_node_e', 'text', { text: 'x' }, { uuid: 'node-1' }), { code: 0 });
assert.equal(once.data.message_id, twice.data.message_id);
await expect('a uuid too long', send(uuid, 'chat_id', 'oc_node_e', 'text', { text: 'x' }, { uuid: 'u'.repeat(51) }), { code: 99992402 });
const answer = uuid.im.v1.message.reply({
  path: { message_id: once.data.message_id },
  data: { msg_type: 'text', content: '{"text":"y"}', reply_in_thread: true },
});
await expect('a reply', answer, { code: 0 });
const card = { config: { update_multi: true }, elements: [] };
const shown = await expect('a card', send(uuid, 'chat_id', 'oc_node_e', 'interactive', card), { code: 0 });
const update = uuid.im.v1.message.patch({ path: { message_id: shown.data.message_id }, data: { content: JSON.stringify(card) } });
await expect('its update', update, { code: 0 });

console.log(passed);
