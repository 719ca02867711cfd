// sdk: pack:@tencent-weixin/openclaw-weixin@2.4.9
// OpenClaw's official plug-in against the fake, by the functions with which it sends: prints how many checks passed, or the first
// difference. What it asks of OpenClaw itself (a folder, an id) stands here. Its files are written by it as well: what the
// program reads of them is what it writes.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const openclaw = `data:text/javascript,${encodeURIComponent(`
  export const resolvePreferredOpenClawTmpDir = () => process.env.OPENCLAW_STATE_DIR;
  export const withFileLock = (path, options, run) => run();
  export const normalizeAccountId = (id) => id.toLowerCase().replace(/[^a-z0-9_-]+/g, '-');`)}`;
register(`data:text/javascript,${encodeURIComponent(`
  export const resolve = (name, context, next) =>
    name.startsWith('openclaw/plugin-sdk') ? { url: ${JSON.stringify(openclaw)}, shortCircuit: true } : next(name, context);`)}`);

const [, , prepared] = process.argv;
const [baseUrl, context] = prepared.split(',');
const state = mkdtempSync(path.join(tmpdir(), 'wechat-check-'));
process.env.OPENCLAW_STATE_DIR = state;
const of = (name) => import(`./node_modules/@tencent-weixin/openclaw-weixin/dist/src/${name}.js`);
const { sendMessageWeixin } = await of('messaging/send');
const { sendWeixinMediaFile } = await of('messaging/send-media');
const { setContextToken } = await of('messaging/inbound');
const { registerWeixinAccountId, saveWeixinAccount } = await of('auth/accounts');
const { uploadBufferToCdn } = await of('cdn/cdn-upload');
const { getUploadUrl, getConfig } = await of('api/api');

const token = 'wechat-testkit-token_0123456789abcdefghijkl';
const to = 'o9fox@im.wechat';
const opts = { baseUrl, token, contextToken: context };
let passed = 0;

function same(name, got, wanted) {
  assert.deepEqual(got, wanted, name);
  passed += 1;
}

async function fails(name, call, words) {
  const error = await call.then(() => assert.fail(`${name}: it was not refused`), (error) => error);
  assert.match(String(error), words, name);
  passed += 1;
}

const said = await sendMessageWeixin({ to, text: '猫 & <b>', opts });
same('a message has an id of sixty-four bits', /^70{15}\d+$/.test(said.serverMessageId), true);
for (const [name, bytes] of [['film.mp4', 100_000], ['picture.png', 16], ['paper.pdf', 31]]) {
  const filePath = path.join(state, name);
  writeFileSync(filePath, Buffer.alloc(bytes, 7));
  const sent = await sendWeixinMediaFile({ filePath, to, text: '', opts, cdnBaseUrl: 'https://unused.invalid' });
  same(`${name} is shown`, sent.messageId.length > 0, true);
}
await fails('a login that is over', sendMessageWeixin({ to, text: 'a', opts: { ...opts, token: 'other' } }), /ret=-14/);
await fails('nobody who has written', sendMessageWeixin({ to: 'o9wolf@im.wechat', text: 'a', opts }), /ret=-2/);
await fails('another conversation', sendMessageWeixin({ to, text: 'a', opts: { ...opts, contextToken: 'old' } }), /ret=-2/);
await fails('an empty text', sendMessageWeixin({ to, text: '', opts }), /ret=-1/);
same('a config', (await getConfig({ ...opts, ilinkUserId: to })).ret, 0);

const key = Buffer.alloc(16, 1);
const filekey = '0123456789abcdef0123456789abcdef';
const described = { filekey, media_type: 1, to_user_id: to, rawsize: 3, rawfilemd5: '900150983cd24fb0d6963f7d28e17f72', filesize: 16, no_need_thumb: true, aeskey: key.toString('hex') };
const upload = async (buf, aeskey) => {
  const { upload_full_url: uploadFullUrl } = await getUploadUrl({ ...opts, ...described });
  return uploadBufferToCdn({ buf: Buffer.from(buf), uploadFullUrl, filekey, cdnBaseUrl: '', label: 'check', aeskey });
};
same('an upload is named', (await upload('abc', key)).downloadParam.startsWith('stored'), true);
await fails('other bytes', upload('abd', key), /not what was announced/);
await fails('another key', upload('abc', Buffer.alloc(16, 2)), /can't be opened|not what was announced/);
await fails('another length', upload('a'.repeat(16), key), /not as long/);

registerWeixinAccountId('b0f5-im-bot');
saveWeixinAccount('b0f5-im-bot', { token, baseUrl, userId: to });
setContextToken('b0f5-im-bot', to, context);
const kept = (name) => JSON.parse(readFileSync(path.join(state, 'openclaw-weixin', name), 'utf8'));
same('its list', kept('accounts.json'), ['b0f5-im-bot']);
const { savedAt, ...account } = kept('accounts/b0f5-im-bot.json');
same('its account', account, { token, baseUrl, userId: to });
same('its conversations', kept('accounts/b0f5-im-bot.context-tokens.json'), { [to]: context });
rmSync(state, { recursive: true });
console.log(passed);
