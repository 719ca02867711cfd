// Makes `dist/` of the component. Usage: node build.mjs libtv-video.wasm [capabilities.json]

import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transpile } from '@bytecodealliance/jco';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const { files } = await transpile(await readFile(process.argv[2]), { name: 'skill', instantiation: { tag: 'async' } });
await rm(dist, { recursive: true, force: true });
for (const [name, content] of Array.isArray(files) ? files : Object.entries(files)) {
  // The package's own types say what callers need.
  if (name.endsWith('.d.ts')) continue;
  await mkdir(dirname(join(dist, name)), { recursive: true });
  await writeFile(join(dist, name), content);
}
await copyFile(process.argv[3] ?? join(here, '../../capabilities.json'), join(dist, 'capabilities.json'));
