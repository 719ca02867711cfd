// The thread that a skill runs on: calls block in it, not in the embedding program. Every call is a fresh instance,
// as in every other runtime; the code is compiled once.

import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { http } from '@bytecodealliance/preview2-shim';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { instantiate } from './dist/skill.js';
import { granted } from './capabilities.mjs';
import { enforcing } from './http.mjs';

const { env, stateDir, policy } = workerData;
const modules = new Map();
/** The kind of each call, which decides what it may reach. */
const KINDS = {
  submit: 'submit', changeProject: 'submit', due: 'look', status: 'look', cancel: 'cancel', poll: 'poll', recover: 'poll',
  query: 'check', check: 'check', tasks: 'check', doctor: 'doctor',
};
let call;
// The shim's object has sockets too, and real keys are in the component.
const imports = granted(new WASIShim({
  sandbox: { args: ['libtv-video'], env: { ...env, LIBTV_STATE_DIR: '/data' }, preopens: { '/data': stateDir }, enableNetwork: true },
  http: enforcing(http, policy, (denied) => parentPort.postMessage({ denied }), () => call),
}).getImportObject());

async function compiled(path) {
  const module = modules.get(path) ?? (await WebAssembly.compile(await readFile(new URL(`dist/${path}`, import.meta.url))));
  modules.set(path, module);
  return module;
}

parentPort.on('message', async ({ method, values }) => {
  call = KINDS[method];
  try {
    const skill = await instantiate(compiled, imports);
    parentPort.postMessage({ value: skill[method](...values) });
  } catch (error) {
    const problem = error.payload ?? { kind: 'permanent-outcome-unknown', cause: 'internal', message: `libtv-video failed inside: ${error}` };
    parentPort.postMessage({ problem });
  }
});
