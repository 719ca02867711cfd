// Looks at the page as a person does, in headless Chromium: node check.mjs URL [SCREENSHOT.png]
// Prints how many things were looked at; the first that isn't so ends it with what was seen.
import { chromium } from 'playwright-core';
import assert from 'node:assert/strict';

const [url, screenshot] = process.argv.slice(2);
const own = new URL(url).origin;
// The demonstration's jobs rest within this time.
const PATIENCE_MS = 60_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let looked = 0;
const holds = (seen, what) => {
  assert.ok(seen, what);
  looked += 1;
};

try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 900 }, colorScheme: 'light' });
  page.setDefaultTimeout(PATIENCE_MS);
  const troubles = [];
  const foreign = [];
  page.on('console', (message) => { if (message.type() === 'error') troubles.push(message.text()); });
  page.on('pageerror', (error) => troubles.push(`${error}`));
  page.on('request', (request) => { if (new URL(request.url()).origin !== own) foreign.push(request.url()); });
  await page.goto(url);

  const job = (words) => page.locator('article', { has: page.locator('h2', { hasText: words }) });
  await job('storyboard').waitFor();
  holds(await page.locator('#line.open').count() === 1, 'the feed is open');

  await job('villain').and(page.locator('[data-state=failed]')).waitFor();
  holds((await job('villain').locator('.note').textContent()).includes('内容不符合平台规则'), 'the reason of a failed job');
  await job('logo').and(page.locator('[data-state=awaiting_user]')).waitFor();
  holds((await job('logo').locator('.note').textContent()).includes('Which colour'), 'the question of a job that asks back');

  const frames = job('storyboard');
  await frames.and(page.locator('[data-state=completed]')).waitFor();
  await frames.locator('.timeline li.done', { hasText: 'In the chat' }).waitFor();
  holds(await frames.locator('.results img').count() === 9, 'nine pictures');
  for (const picture of await frames.locator('.results img').all()) {
    await picture.scrollIntoViewIfNeeded();
    await picture.evaluate((img) => img.decode());
    holds(await picture.evaluate((img) => img.naturalWidth >= 320), 'a picture that can be seen');
  }
  const fox = job('fox');
  await fox.locator('.timeline li.done', { hasText: 'In the chat' }).waitFor();
  const film = await fox.locator('video').evaluate(async (video) => {
    const part = await fetch(video.src, { headers: { range: 'bytes=0-99' } });
    return { status: part.status, type: part.headers.get('content-type'), bytes: (await part.arrayBuffer()).byteLength, controls: video.controls };
  });
  assert.deepEqual(film, { status: 206, type: 'video/mp4', bytes: 100, controls: true });
  looked += 1;

  await frames.locator('details.messages summary').click();
  holds(await frames.locator('details.messages td.delivered').count() === 9, 'nine messages that were delivered');
  await frames.locator('details.egress summary').click();
  await frames.locator('details.egress tbody tr').first().waitFor();
  const egress = await frames.locator('details.egress').textContent();
  for (const route of ['https://seedance.nexu.io', 'https://open.feishu.cn/open-apis/im/v1/images', 'https://open.feishu.cn/open-apis/im/v1/messages']) {
    holds(egress.includes(route), `${route} in what left the sandbox`);
  }
  holds(egress.includes('this page'), 'the pictures that the page fetched for itself');
  holds((await page.locator('#summary').textContent()).startsWith('0 under way, 1 waiting'), 'the summary');

  if (screenshot) {
    await frames.locator('details.egress summary').click();
    await frames.locator('details.messages summary').click();
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: screenshot });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: screenshot.replace(/\.png$/, '-dark.png') });
  }

  const without = await page.request.get(`${own}/`);
  holds(without.status() === 404 && !(await without.text()).includes('<'), 'nothing without the token');
  const other = await page.request.get(url, { headers: { origin: 'https://elsewhere.example' } });
  holds(other.status() === 403, 'nothing for another page');

  // Narrow, as on a phone: nothing is cut off.
  await page.setViewportSize({ width: 380, height: 800 });
  holds(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'no sideways scrolling');
  assert.deepEqual(troubles, []);
  assert.deepEqual(foreign, []);
  looked += 2;
  console.log(looked);
} finally {
  await browser.close();
}
