// libtv-video for Node and Electron: the component, its calls as promises, and a policy in front of its requests.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { defaultPolicy } from './policy.mjs';
import { serve } from './serve.mjs';

export { defaultPolicy };

/** A step that waits for every time limit inside comes to an end within it. */
const DEFAULT_CALL_MS = 10 * 60 * 1000;

/** What the component answers instead of a result. */
export class SkillError extends Error {
  constructor({ kind, cause, message, advice, retryAfterMs }) {
    super(message);
    this.name = 'SkillError';
    this.kind = kind;
    // `cause` is what JavaScript calls an error that led to another.
    this.code = cause;
    this.advice = advice;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Opens the skill on a state folder, which nobody else should write. See `index.d.mts`. */
export async function createSkill({ stateDir, env, policy, onDenied = () => {}, callMs = DEFAULT_CALL_MS }) {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const settings = { stateDir, env, policy: policy ?? defaultPolicy(env, await storedKey(stateDir)) };
  const thread = new Thread(settings, onDenied, callMs);
  const call = (method, ...values) => thread.call(method, values);
  const skill = {
    submit: ({ message, to, ...request }) => call('submit', { ...request, text: message, destination: destination(to) }),
    due: () => call('due'),
    poll: (sessionId) => call('poll', sessionId),
    query: (sessionId, { afterSeq, projectId } = {}) =>
      call('query', sessionId, afterSeq === undefined ? undefined : BigInt(afterSeq), projectId),
    check: (service) => call('check', service),
    doctor: (chatId, channel) => call('doctor', channel, chatId),
    status: ({ sessionId, ended } = {}) => call('status', sessionId, ended),
    tasks: (service) => call('tasks', service),
    recover: (sessionId) => call('recover', sessionId),
    cancel: (sessionId) => call('cancel', sessionId),
    changeProject: () => call('changeProject'),
    close: () => thread.close(),
    serve: (options) => serve(skill, options),
  };
  return skill;
}

/** Where results go: to a chat, to nobody (null), or where they usually do. */
function destination(to) {
  if (to === undefined) return undefined;
  return to === null ? { tag: 'nowhere' } : { tag: 'to', val: to };
}

/** An answer with numbers for the 64-bit ones: times, and what services count, stay below 2^53. */
function plain(value) {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
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
  #answered = () => {};
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

  async #run(method, values) {
    if (this.#closed) throw new Error('the skill is closed');
    this.#worker ??= this.#start();
    const answer = new Promise((resolve) => (this.#answered = resolve));
    this.#worker.postMessage({ method, values });
    const timer = setTimeout(() => this.#giveUp(`the call took longer than ${this.#callMs} ms`), this.#callMs);
    const { problem, value } = await answer;
    clearTimeout(timer);
    if (problem) throw new SkillError(plain(problem));
    return plain(value);
  }

  #start() {
    // It inherits nothing of this program: what the component may know stands in the settings.
    const options = { workerData: this.#settings, env: {}, argv: [], execArgv: [] };
    const worker = new Worker(new URL('worker.mjs', import.meta.url), options);
    worker.on('message', (message) => (message.denied ? this.#onDenied(message.denied) : this.#answered(message)));
    const ended = (reason) => worker === this.#worker && this.#giveUp(reason);
    worker.on('error', (error) => ended(`libtv-video failed inside: ${error.message}`));
    worker.on('exit', () => ended('the thread of libtv-video ended'));
    return worker;
  }

  /** Answers for the worker, whose state nobody knows: the next call gets a new one. */
  #giveUp(message) {
    const worker = this.#worker;
    this.#worker = undefined;
    worker.terminate();
    this.#answered({ problem: { kind: 'permanent-outcome-unknown', cause: 'internal', message, advice: '`recover` shows what became of the request.' } });
  }
}
