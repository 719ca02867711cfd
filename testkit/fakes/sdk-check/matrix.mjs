// sdk: matrix-bot-sdk@0.7.1
// matrix-bot-sdk against the fake: prints how many checks passed, or the first difference. With a file of names behind the
// address (tests/matrix) it is a real homeserver that is checked, so that the fake is known to do as that does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';

// The SDK loads a binary for encryption, which npm doesn't carry, as soon as it is loaded. Nothing is encrypted here.
const load = Module._load;
Module._load = (name, ...rest) => (name === '@matrix-org/matrix-sdk-crypto-nodejs' ? {} : load(name, ...rest));
const { LogLevel, LogService, MatrixClient, MatrixError } = createRequire(import.meta.url)('matrix-bot-sdk');
LogService.setLevel(LogLevel.ERROR);
LogService.setLogger({ error() {} });

const [, , address, names] = process.argv;
const known = names === undefined
  ? {
      token: 'syt_dGVzdGtpdA_matrixaccesstoken_0a1B2c',
      bot: '@bot:matrix.example',
      rooms: ['!sdk:matrix.example', '!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM'],
      encrypted: '!encrypted:matrix.example',
      foreign: '!foreign:matrix.example',
      message: '$sdk-question',
    }
  : JSON.parse(readFileSync(names, 'utf8'));
const [room] = known.rooms;
const bot = new MatrixClient(address, known.token);
let passed = 0;

function same(name, got, wanted) {
  assert.deepEqual(got, wanted, name);
  passed += 1;
}

async function refused(name, call, status, word) {
  const error = await call.then(() => assert.fail(`${name}: it was not refused`), (error) => error);
  assert.ok(error instanceof MatrixError, `${name}: ${error}`);
  assert.deepEqual([error.statusCode, error.errcode], [status, word], name);
  passed += 1;
}

// What every message says, and a put under a name of ours: the SDK makes names of its own.
const text = (body, more) => ({ msgtype: 'm.text', body, 'm.mentions': {}, ...more });
const path = (where, name) => `/_matrix/client/v3/rooms/${where}/send/m.room.message/${name}`;
const put = async (where, name, content) => (await bot.doRequest('PUT', path(where, name), null, content)).event_id;
const encryption = (where) => bot.doRequest('GET', `/_matrix/client/v3/rooms/${where}/state/m.room.encryption`);

// Who it is
same('the bot', await bot.getUserId(), known.bot);
await refused('a wrong token', new MatrixClient(address, 'syt_wrong').getUserId(), 401, 'M_UNKNOWN_TOKEN');
await refused('no token', new MatrixClient(address, '').getUserId(), 401, 'M_MISSING_TOKEN');

// Rooms, with a server in the id and without
await refused('a plain room', bot.getRoomStateEvent(room, 'm.room.encryption', ''), 404, 'M_NOT_FOUND');
await refused('a plain room, as the component asks', encryption(room), 404, 'M_NOT_FOUND');
same('an encrypted room', (await encryption(known.encrypted)).algorithm, 'm.megolm.v1.aes-sha2');
await refused('a room that the bot is not in', encryption(known.foreign), 403, 'M_FORBIDDEN');
await refused('a message to it', put(known.foreign, 'f', text('hi')), 403, 'M_FORBIDDEN');
for (const where of known.rooms) {
  assert.match(await bot.sendMessage(where, text(where)), /^\$[\w-]{20,}$/);
  passed += 1;
}

// A film: its bytes, then its message, and the same again under the same name
const bytes = Buffer.alloc(300_000, 7);
const uri = await bot.uploadContent(bytes, 'video/mp4', 'fox.mp4');
assert.match(uri, /^mxc:\/\/[^/]+\/\w+$/);
const info = { mimetype: 'video/mp4', size: bytes.length, w: 1280, h: 720, duration: 5_000 };
const film = { msgtype: 'm.video', body: 'fox.mp4', url: uri, info, 'm.mentions': {} };
const name = `name-${Date.now()}`;
const sent = await put(room, name, film);
same('the same again', await put(room, name, film), sent);
same('something else under the name', await put(room, name, text('a link')), sent);
same('another name', (await put(room, `${name}-2`, film)) === sent, false);
same('the name in another room', (await put(known.rooms[1], name, film)) === sent, false);

// Answers and threads
const answered = { 'm.in_reply_to': { event_id: known.message } };
const thread = { rel_type: 'm.thread', event_id: known.message, is_falling_back: true, ...answered };
for (const [nth, relation] of [answered, thread].entries()) {
  await put(room, `${name}-r${nth}`, text('here', { 'm.relates_to': relation }));
  passed += 1;
}
const nowhere = { ...thread, event_id: '$nothing-of-that-name-is-here', 'm.in_reply_to': { event_id: '$nothing-of-that-name-is-here' } };
await refused('a thread of nothing', put(room, `${name}-n`, text('here', { 'm.relates_to': nowhere })), 400, 'M_UNKNOWN');
await refused('a message without words', put(room, `${name}-b`, { msgtype: 'm.text' }), 400, 'M_UNKNOWN');
same('the name of a refused one is free', typeof (await put(room, `${name}-b`, text('now'))), 'string');

// Changes, which are messages of their own: what they replace is there, and the same again is the same
const line = await put(room, `${name}-line`, text('one'));
const changed = (id) => text('* two', { 'm.new_content': text('two'), 'm.relates_to': { rel_type: 'm.replace', event_id: id } });
const change = await put(room, `${name}-change`, changed(line));
same('a change has an id of its own', change !== line && /^\$[\w-]{20,}$/.test(change), true);
same('the same change again', await put(room, `${name}-change`, changed(line)), change);
same('another change', (await put(room, `${name}-change2`, changed(line))) === change, false);
await refused('a change of nothing', put(room, `${name}-change3`, changed('$nothing-of-that-name-is-here')), 400, 'M_UNKNOWN');

// Limits
const large = Buffer.alloc(known.max_bytes + 1 || 2_000_001);
await refused('a file that is too large', bot.uploadContent(large, 'video/mp4', 'large.mp4'), 413, 'M_TOO_LARGE');
await refused('a message that is too large', put(room, `${name}-l`, text('x'.repeat(66_000))), 413, 'M_TOO_LARGE');
if (known.limited) {
  // So many that a busy machine is limited as well: it takes them hardly faster than the limit is. Of a pause less
  // than a millisecond may be left.
  const all = await Promise.allSettled(Array.from({ length: 100 }, (_, nth) => put(room, `${name}-many${nth}`, text('x'))));
  const limited = all.filter((one) => one.reason?.errcode === 'M_LIMIT_EXCEEDED');
  assert.ok(limited.length > 0 && limited.every((one) => one.reason.statusCode === 429 && Number.isInteger(one.reason.retryAfterMs)), 'limited');
  passed += 1;
}

console.log(passed);
