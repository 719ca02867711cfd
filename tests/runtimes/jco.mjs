// Runs one call of the transpiled component, as an Electron app would in its main process.
// Usage: node jco.mjs REQUEST   with what to run, its environment and its folders, as JSON.

import { readFile } from 'node:fs/promises';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { instantiate } from './skill/skill.js';

const { export: name, arguments: values, command, environment, preopens } = JSON.parse(process.argv[2]);
const shim = new WASIShim({ sandbox: { env: environment, args: ['libtv-video', ...(command ?? [])], preopens } });
const load = async (path) => WebAssembly.compile(await readFile(new URL(`skill/${path}`, import.meta.url)));
const skill = await instantiate(load, shim.getImportObject());

if (command) {
  try {
    skill.run.run();
  } catch (error) {
    if (!('payload' in error)) throw error;
    process.exitCode = 1;
  }
} else {
  console.log(JSON.stringify(call(camel(name), values), (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
}

function call(method, values) {
  try {
    return { value: snake(skill[method](...values.map(given))) };
  } catch (error) {
    if (!error.payload) throw error;
    return { problem: error.payload };
  }
}

/** As jco's functions take it: members in camel case, and what is none is undefined. */
function given(value) {
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [camel(name), given(member)]));
}

function camel(text) {
  return text.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

function snake(value) {
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), field ?? null]),
  );
}
