// sdk: @slack/web-api@8.2.0
// Slack's Node SDK against the fake: prints how many checks passed, or the first difference.
import { LogLevel, WebClient } from '@slack/web-api';
import assert from 'node:assert/strict';

const slackApiUrl = `${process.argv[2]}/api/`;
const TOKEN = 'xoxb-testkit-0123456789-abcdefghijklmnopqrstuvwx';
const CHANNEL = 'C0NODE00001';
const USER = 'U0NODEUSER1';
let passed = 0;

// A repeated request would hide what the first one met.
function client(token) {
  return new WebClient(token, { slackApiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, logLevel: LogLevel.ERROR });
}

function same(name, got, wanted) {
  assert.deepEqual(got, wanted, name);
  passed += 1;
}

async function refused(name, call, error) {
  const got = await call.then(() => assert.fail(`${name}: it was not refused`), (thrown) => thrown);
  assert.equal(got.data?.error, error, `${name}: ${got}`);
  passed += 1;
  return got.data;
}

const slack = client(TOKEN);
const film = Buffer.concat([Buffer.from('\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isom', 'latin1'), Buffer.alloc(300_000, 7)]);

// Who it is
same('the bot', (await slack.auth.test()).user_id, 'U0TESTKIT01');
await refused('a wrong token', client('xoxb-wrong').auth.test(), 'invalid_auth');
await refused('no token', client(undefined).auth.test(), 'not_authed');
await refused('a revoked token', client('xoxb-revoked').auth.test(), 'token_revoked');

// A file, by the SDK's own way through the three steps
const uploaded = await slack.filesUploadV2({ channel_id: CHANNEL, file: film, filename: 'libtv-1a2b.mp4', title: 'a fox', initial_comment: 'here' });
const shared = uploaded.files[0].files[0];
same('a file', [uploaded.ok, shared.title], [true, 'a fox']);
await slack.files.info({ file: shared.id });
const seen = await slack.files.info({ file: shared.id });
same('its kind', seen.file.mimetype, 'video/mp4');
const share = seen.file.shares.public[CHANNEL][0].ts;
assert.match(share, /^\d{10}\.\d{6}$/);

// The steps by themselves
const announced = await slack.files.getUploadURLExternal({ filename: 'a.mp4', length: film.length });
assert.match(announced.file_id, /^F/);
const bring = (method, body) => fetch(announced.upload_url, { method, body });
same('another length', (await bring('POST', film.subarray(1))).status, 400);
same('PUT', (await bring('PUT', film)).status, 405);
const complete = (of, channel_id) => of.files.completeUploadExternal({ files: [{ id: announced.file_id, title: 'x' }], channel_id });
await refused('before the bytes', complete(slack, CHANNEL), 'file_not_found');
const taken = await bring('POST', film);
same('the bytes', [taken.status, (await taken.text()).slice(0, 2)], [200, 'OK']);
await refused("another app's file", complete(client('xoxb-few'), CHANNEL), 'file_not_found');
await refused('a person', complete(slack, USER), 'invalid_arguments');
await refused('from outside', complete(slack, 'C0OUTSIDE01'), 'not_in_channel');
same('the completion', (await complete(slack, CHANNEL)).ok, true);
await refused('another completion', complete(slack, CHANNEL), 'file_not_found');

// Messages
const text = await slack.chat.postMessage({ channel: CHANNEL, text: '你好', metadata: { event_type: 'x', event_payload: { id: '1' } } });
same('text', [text.channel, text.message.text], [CHANNEL, '你好']);
const reply = await slack.chat.postMessage({ channel: CHANNEL, text: 'x', thread_ts: text.ts });
same('a reply', reply.message.thread_ts, text.ts);
const history = await slack.conversations.history({ channel: CHANNEL, oldest: share, include_all_metadata: true });
same('the history', history.messages[0].metadata.event_payload.id, '1');
same('an edit', (await slack.chat.update({ channel: CHANNEL, ts: text.ts, text: 'b' })).text, 'b');
const direct = await slack.conversations.open({ users: USER });
same('a direct message', (await slack.chat.postMessage({ channel: direct.channel.id, text: 'x' })).channel, direct.channel.id);
const file = await slack.filesUploadV2({ channel_id: direct.channel.id, file: film, filename: 'b.mp4' });
same('a file in it', file.ok, true);
same('away', (await slack.chat.delete({ channel: CHANNEL, ts: text.ts })).ok, true);

// Refusals
await refused('no text', slack.chat.postMessage({ channel: CHANNEL, text: '' }), 'no_text');
await refused('archived', slack.chat.postMessage({ channel: 'C0ARCHIVED1', text: 'x' }), 'is_archived');
await refused('restricted', slack.chat.postMessage({ channel: 'C0RESTRICT1', text: 'x' }), 'restricted_action');
await refused('private', slack.chat.postMessage({ channel: 'G0OUTSIDE01', text: 'x' }), 'channel_not_found');
await refused('from outside', client('xoxb-inside').chat.postMessage({ channel: 'C0OUTSIDE01', text: 'x' }), 'not_in_channel');
const scopeless = await refused('no scope to look', client('xoxb-few').files.info({ file: shared.id }), 'missing_scope');
same('which', scopeless.needed, 'files:read');
const limited = await slack.conversations.info({ channel: CHANNEL }).catch((error) => error);
same('429', limited.retryAfter, 7);

console.log(passed);
