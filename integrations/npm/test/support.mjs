// The fakes, and a skill on an empty folder, both gone when the test ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSkill } from '../index.mjs';

/** The program `fake-services`, where `check` has built it. */
export async function fakes(t) {
  const program = spawn(process.env.LIBTV_FAKES, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  t.after(async () => {
    program.stdin.end();
    await once(program, 'exit');
  });
  const where = await next();
  return {
    where,
    async chat(id) {
      program.stdin.write(`${id}\n`);
      return next();
    },
    env: {
      LIBTV_API_KEY: where.gatewayKey,
      LIBTV_GATEWAY_URL: where.gateway,
      LIBTV_DIRECT_BASE_URL: where.direct,
      LIBTV_MEDIA_URL: where.media,
      FEISHU_BASE_URL: where.feishu,
      FEISHU_APP_ID: where.appId,
      FEISHU_APP_SECRET: where.appSecret,
      LIBTV_POLL_INTERVAL_SECONDS: '0.1',
    },
  };
}

export async function skillOn(t, options) {
  const folder = await mkdtemp(join(tmpdir(), 'libtv-'));
  const skill = await createSkill({ stateDir: join(folder, 'state'), ...options });
  t.after(async () => {
    await skill.close();
    await rm(folder, { recursive: true });
  });
  return skill;
}
