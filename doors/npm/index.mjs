// libtv-video for Node and Electron: the component, its calls as promises, and a policy in front of its requests.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { defaultPolicy } from './policy.mjs';

export { defaultPolicy };

/** A step that waits for every time limit inside comes to an end within it. */
const DEFAULT_CALL_MS = 10 * 60 * 1000;

/** What the component answers instead of a result. */
export class SkillError extends Error {
  constructor({ tag, val }) {
    super(val.message);
    this.name = 'SkillError';
    this.kind = tag;
    this.advice = val.advice;
    this.retryAfterMs = val.retryAfterMs === undefined ? undefined : Number(val.retryAfterMs);
  }
}

/** Opens the skill on a state folder, which nobody else should write. See `index.d.ts`. */
export async function createSkill({ stateDir, env, policy, onDenied = () => {}, callMs = DEFAULT_CALL_MS }) {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const settings = { stateDir, env, policy: policy ?? defaultPolicy(env, await storedKey(stateDir)) };
  const thread = new Thread(settings, onDenied, callMs);
  const call = (method, ...values) => thread.call(method, values);
  const json = async (method, ...values) => JSON.parse(await call(method, ...values));
  return {
    submit: ({ message, sessionId, channel, chatId }) => call('submit', message, sessionId, channel, chatId),
    due: async () => (await call('due')).map(({ sessionId, atMs }) => ({ sessionId, atMs: Number(atMs) })),
    poll: async (sessionId) => step(await call('poll', sessionId)),
    query: (sessionId, { afterSeq, projectId } = {}) =>
      json('query', sessionId, afterSeq === undefined ? undefined : BigInt(afterSeq), projectId),
    check: () => json('check'),
    tasks: () => json('tasks'),
    recover: () => json('recover'),
    changeProject: () => json('changeProject'),
    close: () => thread.close(),
  };
}

function step({ nextPollAtMs, events, ...rest }) {
  return {
    ...rest,
    nextPollAtMs: nextPollAtMs === undefined ? undefined : Number(nextPollAtMs),
    events: events.map(({ atMs, text }) => ({ atMs: Number(atMs), text })),
  };
}

/** The key that `setup` left in the state folder counts for the policy; a damaged file is the component's to tell. */
async function storedKey(stateDir) {
  try {
    const { apiKey } = JSON.parse(await readFile(join(stateDir, 'libtv.json'), 'utf8'));
    return typeof apiKey === 'string' ? apiKey : undefined;
  } catch {
    return undefined;
  }
}

/** A worker that does one call after another, and is replaced when one takes too long. */
class Thread {
  #settings;
  #onDenied;
  #callMs;
  #worker;
  #last = Promise.resolve();
  #closed = false;

  constructor(settings, onDenied, callMs) {
    this.#settings = settings;
    this.#onDenied = onDenied;
    this.#callMs = callMs;
  }

  call(method, values) {
    const done = this.#last.then(() => this.#run(method, values));
    this.#last = done.catch(() => {});
    return done;
  }

  async close() {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #run(method, values) {
    if (this.#closed) throw new Error('the skill is closed');
    // It inherits nothing of this program: what the component may know stands in the settings.
    this.#worker ??= new Worker(new URL('worker.mjs', import.meta.url), { workerData: this.#settings, env: {}, argv: [], execArgv: [] });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(timer);
        worker.removeAllListeners();
        settle(value);
      };
      const giveUp = (error) => {
        this.#worker = undefined;
        end(reject, error);
      };
      const timer = setTimeout(() => {
        giveUp(outcomeUnknown(`the call took longer than ${this.#callMs} ms`));
        worker.terminate();
      }, this.#callMs);
      worker.on('message', ({ denied, problem, value }) => {
        if (denied) this.#onDenied(denied);
        else if (problem) end(reject, new SkillError(problem));
        else end(resolve, value);
      });
      worker.on('error', (error) => giveUp(outcomeUnknown(`libtv-video failed inside: ${error.message}`)));
      worker.on('exit', () => giveUp(outcomeUnknown('the thread of libtv-video ended')));
      worker.postMessage({ method, values });
    });
  }
}

/** What was sent until then can't be known. */
function outcomeUnknown(message) {
  return new SkillError({ tag: 'permanent-outcome-unknown', val: { message, advice: '`recover` shows what became of the request.' } });
}
