// Runs every check in a world of its own. Usage: node check.mjs FAKES PROGRAM [PART_OF_A_NAME]
// Prints `N passed, 0 failed` and ends with 0, or says what failed and ends with 1.

import { checks as inspector } from './inspector.mjs';
import { checks as sdk } from './sdk.mjs';
import { checks as versions } from './versions.mjs';
import { world } from './world.mjs';

/** No check takes ten seconds; a busy machine gets three minutes. */
const TIMEOUT_MS = 180_000;

const [fakes, program, part = ''] = process.argv.slice(2);
const tally = { passed: 0, failed: 0 };
for (const [name, check] of Object.entries({ ...sdk, ...versions, ...inspector }).filter(([name]) => name.includes(part))) {
  const here = await world({ fakes, program });
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('took too long')), TIMEOUT_MS)));
  try {
    await Promise.race([check(here), late]);
    tally.passed += 1;
    console.error(`ok      ${name}`);
  } catch (error) {
    tally.failed += 1;
    console.error(`FAILED  ${name}\n${error.stack}\nagain: host-harness/mcp/client-check/run FOLDER '${name}'`);
  } finally {
    clearTimeout(timer);
    await here.end();
  }
}
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
