// The package against the fakes: `check` builds both and runs this.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SkillError, defaultPolicy } from '../index.mjs';
import { serve } from '../serve.mjs';
import { skillOn, fakes } from './support.mjs';

/** Steps until a job has ended, at the most. */
const MAX_STEPS = 30;

async function pollToTheEnd(skill, sessionId) {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const step = await skill.poll(sessionId);
    if (step.nextPollAtMs === undefined) return step;
    await sleep(Math.max(0, step.nextPollAtMs - Date.now()));
  }
  assert.fail(`the job did not end within ${MAX_STEPS} steps`);
}

test('an allowed job goes from the submit to the chat', async (t) => {
  const world = await fakes(t);
  const denied = [];
  const skill = await skillOn(t, { env: world.env, onDenied: (request) => denied.push(request) });
  const { sessionId } = await skill.submit({ message: 'a red fox, in Electron', to: { channel: 'feishu', chat: 'oc_electron' } });
  assert.deepEqual((await skill.due()).map((due) => due.sessionId), [sessionId]);

  const step = await pollToTheEnd(skill, sessionId);
  assert.deepEqual([step.state, step.results, step.delivered], ['completed', 2, 2]);
  const { messages, submits } = await world.chat('oc_electron');
  assert.deepEqual(messages.map((message) => message.type), ['media', 'image']);
  assert.equal(submits.length, 1);
  const { state, resultUrls, messages: said } = await skill.query(sessionId);
  assert.deepEqual([state, resultUrls.length], ['completed', 2]);
  assert.equal(said[0].role, 'user');
  const { sessions } = await skill.status({ sessionId: sessionId.slice(0, 8) });
  assert.deepEqual(sessions[0].turns[0].results.map(({ delivery }) => delivery), ['delivered', 'delivered']);
  assert.deepEqual((await skill.recover(sessionId)).sessions.length, 1);
  assert.deepEqual(await skill.due(), []);
  assert.deepEqual(denied, []);
});

test('a host that the policy does not name is not asked, and the guest knows that it was the sandbox', async (t) => {
  const world = await fakes(t);
  const denied = [];
  const policy = { rules: defaultPolicy(world.env).rules.filter(({ origin }) => origin !== world.where.gateway) };
  const skill = await skillOn(t, { env: world.env, policy, onDenied: (request) => denied.push(request) });
  await assert.rejects(skill.submit({ message: 'a red fox', to: { channel: 'feishu', chat: 'oc_x' } }), (error) => {
    assert.ok(error instanceof SkillError);
    assert.equal(error.kind, 'permanent');
    assert.match(error.message, /the sandbox does not allow this request/);
    return true;
  });
  assert.deepEqual(denied, [
    { method: 'POST', url: `${world.where.gateway}/libtv/v1/session`, reason: 'this scheme, host and port are not granted' },
  ]);
  assert.deepEqual((await world.chat('oc_x')).submits, []);
  // It was refused before anything was paid: nothing is left to be polled.
  assert.deepEqual(await skill.due(), []);
});

test('a message that the policy does not let out leaves the session for later', async (t) => {
  const world = await fakes(t);
  const rules = defaultPolicy(world.env).rules.filter(({ origin }) => origin !== world.where.feishu);
  const skill = await skillOn(t, { env: world.env, policy: { rules } });
  const { sessionId } = await skill.submit({ message: 'a red fox', to: { channel: 'feishu', chat: 'oc_later' } });
  let step;
  do {
    step = await skill.poll(sessionId);
  } while (step.results < 2);
  assert.equal(step.delivered, 0);
  assert.deepEqual((await world.chat('oc_later')).messages, []);
});

test('the component sees nothing of the process that embeds it', async (t) => {
  process.env.LIBTV_API_KEY = 'mgk_of_the_process';
  t.after(() => delete process.env.LIBTV_API_KEY);
  const skill = await skillOn(t, { env: {} });
  await assert.rejects(skill.tasks(), { kind: 'permanent', code: 'no-key', message: /API Key not configured/ });
});

test('a call leaves the embedding program its thread', async (t) => {
  const world = await fakes(t);
  const skill = await skillOn(t, { env: world.env });
  let turns = 0;
  let over = false;
  const count = () => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  count();
  await skill.check();
  over = true;
  assert.ok(turns > 10, `${turns} turns of the event loop during the call`);
});

test('a call that takes too long is stopped, and the next one works', async (t) => {
  const world = await fakes(t);
  const slow = await skillOn(t, { env: world.env, callMs: 1 });
  await assert.rejects(slow.check(), { kind: 'permanent-outcome-unknown', message: /longer than 1 ms/ });
  await assert.rejects(slow.check(), { kind: 'permanent-outcome-unknown' });
});

test('the timer polls what is due until it is stopped, and goes on after a failure', async (t) => {
  const world = await fakes(t);
  const skill = await skillOn(t, { env: world.env });
  const stop = new AbortController();
  const { sessionId } = await skill.submit({ message: 'a red fox, by the timer', to: { channel: 'feishu', chat: 'oc_timer' } });
  const failures = [];
  let lists = 0;
  const flaky = { ...skill, due: async () => ((lists += 1) === 1 ? Promise.reject(new Error('once')) : skill.due()) };
  const ended = new Promise((resolve) => {
    const onStep = (step) => step.sessionId === sessionId && step.nextPollAtMs === undefined && resolve(step);
    const onError = (error, session) => failures.push([error.message, session]);
    serve(flaky, { signal: stop.signal, onStep, onError }).then(() => resolve(undefined));
  });
  const step = await ended;
  assert.deepEqual([step.state, step.delivered], ['completed', 2]);
  assert.deepEqual(failures, [['once', undefined]]);
  stop.abort();
  const already = new AbortController();
  already.abort();
  await skill.serve({ signal: already.signal });
  assert.equal((await world.chat('oc_timer')).submits.length, 1);
});
