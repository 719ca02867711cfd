// sdk: standardwebhooks@1.1.1
// What the official package signs is taken by the fake, and what it signs otherwise isn't: prints how many checks passed, or the
// first difference. The harness's own signatures are taken by the same fake in the end-to-end tests.
import assert from 'node:assert/strict';
import { Webhook } from 'standardwebhooks';

const base = process.argv[2];
const SECRET = 'whsec_dGVzdGtpdC13ZWJob29rLXNlY3JldC0wMTIzNDU2Nzg5';
let passed = 0;

async function post(secret, { id = 'msg_1', at = new Date(), body = '{"type":"chat.text", "data": {"text": "狐"}}', sent = body } = {}) {
  const signature = new Webhook(secret).sign(id, at, body);
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at / 1000)), 'webhook-signature': signature, 'content-type': 'application/json' };
  return (await fetch(`${base}/hook`, { method: 'POST', headers, body: sent })).status;
}

async function same(name, got, wanted) {
  assert.equal(await got, wanted, name);
  passed += 1;
}

await same('signed', post(SECRET), 202);
await same('it again', post(SECRET), 202);
await same('another secret', post('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'), 401);
await same('another body', post(SECRET, { sent: '{}' }), 401);
await same('long ago', post(SECRET, { at: new Date(Date.now() - 3_600_000) }), 401);
console.log(passed);
