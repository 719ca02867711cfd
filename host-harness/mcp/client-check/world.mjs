// One installation for one check: a home folder, a world of fakes (`testkit/fakes/src/bin/fake-services.rs`), and the server's
// environment between them. Everything ends with the check.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The chat that gets the results. */
export const CHAT = 'oc_check';

/** Starts a world; `{ fakes, program }` are paths. */
export async function world({ fakes, program }) {
  const folder = mkdtempSync(join(tmpdir(), 'libtv-mcp-'));
  const child = spawn(fakes, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => JSON.parse((await lines.next()).value);
  const where = await line();
  const [home, ca] = [join(folder, 'nexu'), join(folder, 'ca.pem')];
  mkdirSync(home);
  writeFileSync(ca, where.ca);
  writeFileSync(join(home, 'libtv.json'), JSON.stringify({ apiKey: where.gatewayKey }), { mode: 0o600 });
  return {
    program,
    folder,
    env: {
      NEXU_HOME: home,
      HOME: folder,
      LIBTV_CONNECT_TO: where.connectTo,
      SSL_CERT_FILE: ca,
      FEISHU_APP_ID: where.appId,
      FEISHU_APP_SECRET: where.appSecret,
      LIBTV_POLL_INTERVAL_SECONDS: '0.1',
    },
    /** What the chat received, by type, and what was charged. */
    async received() {
      child.stdin.write(`${CHAT}\n`);
      const { messages, submits } = await line();
      return { types: messages.map((message) => message.type), submits };
    },
    /** The program with other arguments, for as long as the check lasts. */
    beside(...args) {
      const other = spawn(program, args, { env: this.env, stdio: ['ignore', 'pipe', 'inherit'] });
      return {
        /** Resolves when it has printed a line with this text. */
        async says(text) {
          for await (const printed of createInterface({ input: other.stdout })) if (printed.includes(text)) return;
          throw new Error(`${args.join(' ')} ended without saying ${text}`);
        },
        async stop() {
          const ended = other.exitCode === null ? once(other, 'exit') : [other.exitCode];
          other.kill('SIGTERM');
          return (await ended)[0];
        },
      };
    },
    async end() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}
