// The rules by themselves.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { granted } from '../capabilities.mjs';
import { defaultPolicy, refusal } from '../policy.mjs';

const ENV = { LIBTV_API_KEY: 'mgk_1', ARK_API_KEY: 'k', XYQ_ACCESS_KEY: 'k', FEISHU_APP_ID: 'cli_1', FEISHU_APP_SECRET: 'secret' };
const ask = (method, authority, path, { scheme = 'https', policy = defaultPolicy(ENV) } = {}) =>
  refusal(policy, { method, scheme, authority, path });

test('the documented routes are granted', () => {
  for (const [method, authority, path] of [
    ['GET', 'seedance.nexu.io', '/api/v1/key/status'],
    ['GET', 'seedance.nexu.io:443', '/libtv/v1/session/abc-1?afterSeq=7'],
    ['POST', 'seedance.nexu.io', '/libtv/v1/session'],
    ['GET', 'libtv-res.liblib.art', '/claw/p/x.mp4?x-oss-process=video/snapshot,t_0'],
    ['GET', 'ark.cn-beijing.volces.com', '/api/v3/contents/generations/tasks/cgt-1'],
    ['POST', 'ark.cn-beijing.volces.com', '/api/v3/images/generations'],
    ['GET', 'ark-acg-cn-beijing.tos-cn-beijing.volces.com', '/a/b.mp4?X-Tos-Signature=1'],
    ['POST', 'xyq.jianying.com', '/api/biz/v1/skill/get_thread'],
    ['POST', 'open.feishu.cn', '/open-apis/im/v1/messages/om_1/reply'],
  ]) {
    assert.equal(ask(method, authority, path), undefined, `${method} ${authority}${path}`);
  }
});

test('whatever differs is refused', () => {
  for (const [method, authority, path, scheme] of [
    ['GET', 'seedance.nexu.io', '/api/v1/key/status', 'http'],
    ['GET', 'seedance.nexu.io:8443', '/api/v1/key/status'],
    ['DELETE', 'seedance.nexu.io', '/api/v1/tasks'],
    ['GET', 'seedance.nexu.io', '/api/v1/tasks/'],
    ['GET', 'seedance.nexu.io', '/api/v1/tasks/a/b'],
    ['GET', 'seedance.nexu.io', '/other'],
    ['GET', 'im.liblib.tv', '/openapi/session/a'],
    ['GET', 'libtv-res.liblib.art', '/claw/'],
    ['GET', 'libtv-res.liblib.art', '/claw//x'],
    ['GET', 'libtv-res.liblib.art.evil.example', '/claw/x'],
    ['GET', 'evil.example', '/claw/x'],
    ['GET', '127.0.0.1', '/claw/x'],
  ]) {
    assert.ok(ask(method, authority, path, { scheme }), `${method} ${authority}${path}`);
  }
});

test('what programs read differently is refused', () => {
  for (const [authority, path] of [
    ['libtv-res.liblib.art', '/claw/../other/x'],
    ['libtv-res.liblib.art', '/claw/%2e%2e/x'],
    ['libtv-res.liblib.art', '/claw/a%2fb'],
    ['libtv-res.liblib.art', '/claw/a\\b'],
    ['libtv-res.liblib.art', '@evil.example/claw/x'],
    ['libtv-res.liblib.art', undefined],
    ['libtv-res.liblib.art.', '/claw/x'],
    ['user@libtv-res.liblib.art', '/claw/x'],
    ['libtv-res.liblib.art:', '/claw/x'],
    ['', '/claw/x'],
    [undefined, '/claw/x'],
  ]) {
    assert.equal(ask('GET', authority, path), 'the URL is malformed or ambiguous', `${authority}${path}`);
  }
  // Another spelling of 127.0.0.1 is not the granted one.
  const policy = { rules: [{ origin: 'http://127.0.0.1', routes: ['GET /x'] }] };
  for (const authority of ['2130706433', '0x7f.1', '127.1']) {
    assert.ok(ask('GET', authority, '/x', { scheme: 'http', policy }), authority);
  }
});

test('only what is configured is granted', () => {
  const origins = (env, storedKey) => defaultPolicy(env, storedKey).rules.map(({ origin }) => origin);
  assert.deepEqual(origins({}), ['https://libtv-res.liblib.art']);
  assert.deepEqual(origins({ LIBTV_API_KEY: 'sk-libtv-1' }), ['https://im.liblib.tv', 'https://libtv-res.liblib.art']);
  assert.deepEqual(origins({}, 'mgk_1'), ['https://seedance.nexu.io', 'https://libtv-res.liblib.art']);
  // A key without a form of its own is told by its variable, and its results' stores come with it.
  assert.deepEqual(origins({ XYQ_ACCESS_KEY: 'k' }).sort(), [
    'https://*.byteimg.com', 'https://*.vlabvod.com', 'https://libtv-res.liblib.art', 'https://xyq.jianying.com',
  ]);
});

test('a domain stands for the hosts below it, and a folder has its own name', () => {
  const policy = defaultPolicy({ XYQ_ACCESS_KEY: 'k' });
  const file = (authority, path) => ask('GET', authority, path, { policy });
  assert.equal(file('v26-artist.vlabvod.com', '/0a1b/video/tos/x/?a=4066&mime_type=video_mp4'), undefined);
  assert.equal(file('p3-sign.byteimg.com', '/tos/x.webp?x-expires=1&x-signature=s'), undefined);
  for (const [authority, path] of [
    ['vlabvod.com', '/x.mp4'], ['xvlabvod.com', '/x.mp4'], ['a.vlabvod.com.evil.com', '/x.mp4'], ['a.vlabvod.com:8443', '/x.mp4'],
    ['.vlabvod.com', '/x.mp4'], ['a.vlabvod.com', '/a//'], ['a.vlabvod.com', '/'],
  ]) {
    assert.ok(file(authority, path), `${authority}${path}`);
  }
});

test('a credential that stands in the path is this one, in its segment', () => {
  const policy = defaultPolicy({ TELEGRAM_BOT_TOKEN: '1:a' });
  const call = (path) => ask('POST', 'api.telegram.org', path, { policy });
  assert.equal(call('/bot1:a/sendMessage'), undefined);
  assert.equal(call('/bot1:a/sendVideo?chat_id=-5&width=1'), undefined);
  for (const path of ['/bot1:b/sendMessage', '/bot/sendMessage', '/1:a/sendMessage', '/bot1:a/getUpdates', '/bot1:a/sendMessage?chat_id=5', '/{credential}/sendMessage']) {
    assert.ok(call(path), path);
  }
});

test('an override moves a rule, and cannot lead one key to the other host or into the clear', () => {
  const gateway = (url) => defaultPolicy({ LIBTV_API_KEY: 'mgk_1', LIBTV_GATEWAY_URL: url }).rules.filter(({ routes }) => routes.length === 8);
  assert.deepEqual(gateway('https://example.com/base/').map(({ origin, prefix }) => [origin, prefix]), [['https://example.com', '/base']]);
  assert.equal(gateway('http://127.0.0.1:8080').length, 1);
  for (const url of ['https://im.liblib.tv', 'http://example.com', 'https://user@example.com', 'ftp://127.0.0.1', 'nonsense']) {
    assert.deepEqual(gateway(url), [], url);
  }
});

test('nothing of the table that the harness has leaves either', () => {
  const groups = JSON.parse(readFileSync(new URL('../refused.json', import.meta.url), 'utf8'));
  const rows = groups.flatMap((group) => group.rows);
  assert.ok(rows.length > 200);
  for (const [method, url] of rows) {
    const [, scheme, authority, path] = /^([^:]*):\/\/([^/?#]*)([^]*)$/.exec(url) ?? [undefined, 'https', undefined, url];
    assert.ok(ask(method, authority, path, { scheme }), `${method} ${url}`);
  }
});

const SESSION = { method: 'POST', scheme: 'https', authority: 'seedance.nexu.io', path: '/libtv/v1/session', hasBody: true };
const STATUS = { method: 'GET', scheme: 'https', authority: 'seedance.nexu.io', path: '/api/v1/key/status' };
const JSON_TYPE = ['content-type', 'application/json; charset=utf-8'];

test('a request has what its route names and nothing else', () => {
  const policy = defaultPolicy(ENV);
  const plain = { ...STATUS, headers: [['user-agent', 'x'], ['accept', 'application/json'], ['X-API-Key', 'k']] };
  assert.equal(refusal(policy, plain), undefined);
  assert.equal(refusal(policy, { ...SESSION, headers: [JSON_TYPE, ['content-length', '2']] }), undefined);
  for (const request of [
    { ...STATUS, headers: [['x-http-method-override', 'DELETE']] },
    { ...STATUS, headers: [['X-Original-URL', '/admin']] },
    { ...STATUS, headers: [['apikey', 'k']] },
    { ...STATUS, headers: [['x-api-key', 'k'], ['X-API-KEY', 'k']] },
    { ...STATUS, headers: [['accept-encoding', 'gzip']] },
    { ...STATUS, headers: [['range', 'bytes=0-15']] },
    { ...STATUS, hasBody: true },
    { ...SESSION, headers: [['content-type', 'text/plain']] },
    { ...SESSION, headers: [JSON_TYPE, ['content-length', '99999999']] },
    { ...STATUS, authority: 'libtv-res.liblib.art', path: '/claw/x', headers: [['x-api-key', 'k']] },
  ]) {
    assert.ok(refusal(policy, request), JSON.stringify(request));
  }
});

test('a call asks what its kind may ask', () => {
  const policy = defaultPolicy(ENV);
  assert.equal(refusal(policy, { ...SESSION, headers: [JSON_TYPE], call: 'submit' }), undefined);
  assert.ok(refusal(policy, { ...SESSION, headers: [JSON_TYPE], call: 'poll' }));
  assert.equal(refusal(policy, { ...STATUS, call: 'poll' }), undefined);
  assert.ok(refusal(policy, { ...STATUS, call: 'look' }));
});

test('the component is handed what it needs, and no sockets', () => {
  const all = new WASIShim().getImportObject();
  assert.ok(Object.keys(all).some((name) => name.startsWith('wasi:sockets/')));
  const names = Object.keys(granted(all));
  assert.ok(names.includes('wasi:http/outgoing-handler'));
  assert.deepEqual(names.filter((name) => /sockets/.test(name)), []);
});
