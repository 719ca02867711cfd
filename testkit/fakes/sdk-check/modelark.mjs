// sdk: @ai-sdk/bytedance@1.0.29
// The provider of the AI SDK against the fake: prints how many checks passed, or the first difference.
import { createByteDance } from '@ai-sdk/bytedance';
import assert from 'node:assert/strict';

const baseURL = `${process.argv[2]}/api/v3`;
const apiKey = '7e57b4c0-0b4c-4e57-8b4c-0123456789cd';
const provider = createByteDance({ baseURL, apiKey });
const model = provider.video('dreamina-seedance-2-0-260128');
// A JPEG of 640 by 360 that ends after its frame header.
const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0000b080168028001011100ffd9', 'hex');
let passed = 0;

function check(name, holds, got) {
  assert.ok(holds, `${name}: ${JSON.stringify(got)}`);
  passed += 1;
}

function clip(prompt, more = {}, options = {}) {
  const bytedance = { pollIntervalMs: 10, ...options };
  return model.doGenerate({ prompt, n: 1, providerOptions: { bytedance }, ...more });
}

async function refused(name, call, wanted) {
  const error = await call.then((got) => assert.fail(`${name}: ${JSON.stringify(got)}`), (error) => error);
  check(name, wanted(error), { message: error.message, status: error.statusCode });
}

const file = { type: 'file', mediaType: 'image/jpeg', data: new Uint8Array(jpeg) };
const made = await clip('a cat', { aspectRatio: '16:9', duration: 5, resolution: '1280x720', seed: 3, generateAudio: false });
check('a link', made.videos[0].url.includes('X-Tos-Expires=86400'), made.videos);
check('a task', made.providerMetadata.bytedance.taskId.startsWith('cgt-'), made.providerMetadata);
check('tokens', made.providerMetadata.bytedance.usage.completion_tokens > 0, made.providerMetadata);
// It sends a first frame without a role, when there is no last one.
const framed = await clip('a cat that walks', { image: file });
check('a first frame', framed.videos.length === 1, framed);
const last = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
check('both frames', (await clip('x', { image: file }, { lastFrameImage: last })).videos.length === 1, last);
const references = { referenceImages: [last, last], referenceAudio: ['https://a.example/a.mp3'] };
check('references', (await clip('x', {}, references)).videos.length === 1, references);
const passedOn = { watermark: false, serviceTier: 'default', returnLastFrame: true, execution_expires_after: 172800 };
check('settings', (await clip('x', {}, passedOn)).videos.length === 1, passedOn);
await refused('refused words', clip('a knife'), (error) => error.statusCode === 400 && /sensitive/.test(error.message));
// Why a task failed isn't told by this one: its schema has no place for it.
await refused('a task that failed', clip('owned'), (error) => /"status":"failed"/.test(error.message));
await refused('a setting', clip('x', { duration: 3 }), (error) => error.statusCode === 400 && /duration/.test(error.message));
await refused('no such field', clip('x', {}, { quality: 'best' }), (error) => error.statusCode === 400);
const stranger = createByteDance({ baseURL, apiKey: 'another' }).video('dreamina-seedance-2-0-260128');
await refused(
  'a wrong key',
  stranger.doGenerate({ prompt: 'x', providerOptions: {} }),
  (error) => error.statusCode === 401 && /API key/.test(error.message),
);

const seedream = provider.image('seedream-4-5-251128');
const picture = await seedream.doGenerate({
  prompt: 'a cat',
  n: 1,
  size: '2048x2048',
  files: [file],
  providerOptions: { bytedance: { watermark: false, outputFormat: 'jpeg' } },
});
check('a picture', Buffer.from(picture.images[0], 'base64').subarray(0, 3).equals(jpeg.subarray(0, 3)), picture.images);
await refused(
  'too small a picture',
  seedream.doGenerate({ prompt: 'x', n: 1, size: '512x512', providerOptions: {} }),
  (error) => error.statusCode === 400 && /pixels/.test(error.message),
);

console.log(passed);
