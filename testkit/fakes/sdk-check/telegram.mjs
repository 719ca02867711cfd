// sdk: grammy@1.46.0
// grammY against the fake: prints how many checks passed, or the first difference.
import { Api, GrammyError, InputFile } from 'grammy';
import assert from 'node:assert/strict';

const apiRoot = process.argv[2];
const TOKEN = '110201543:AAtestkit0123456789abcdefghijklmnop';
const PERSON = 4200001;
const SUPERGROUP = -1001000000001;
let passed = 0;

const api = new Api(TOKEN, { apiRoot });

function same(name, got, wanted) {
  assert.deepEqual(got, wanted, name);
  passed += 1;
}

async function refused(name, call, code, description) {
  const error = await call.then(() => assert.fail(`${name}: it was not refused`), (error) => error);
  assert.ok(error instanceof GrammyError, `${name}: ${error}`);
  assert.equal(error.error_code, code, `${name}: ${error.description}`);
  assert.ok(error.description.startsWith(description), `${name}: ${error.description}`);
  passed += 1;
  return error;
}

function box(kind, content) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8);
  head.write(kind, 4, 'latin1');
  return Buffer.concat([head, content]);
}
const ftyp = box('ftyp', Buffer.from('isom\x00\x00\x02\x00isommp41', 'latin1'));
const tracks = (...kinds) => Buffer.concat([ftyp, box('moov', Buffer.from(kinds.join(' '))), box('mdat', Buffer.alloc(50_000, 7))]);
const film = (content = tracks('vide', 'soun')) => new InputFile(content, 'libtv-1a2b.mp4');
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const facts = { width: 1280, height: 720, duration: 8, supports_streaming: true };

// Who it is
same('the bot', (await api.getMe()).id, 110201543);
await refused('a wrong token', new Api('1:wrong', { apiRoot }).getMe(), 401, 'Unauthorized');
same('a chat', (await api.getChat(SUPERGROUP)).is_forum, true);

// Media
const sent = await api.sendVideo(PERSON, film(), { ...facts, caption: '狐' });
same('a film', [sent.video.width, sent.video.duration, sent.caption], [1280, 8, '狐']);
const twice = await api.sendVideo(PERSON, film(), facts);
same('it again', twice.message_id, sent.message_id + 1);
const silent = await api.sendVideo(PERSON, film(tracks('vide')), facts);
same('a silent film', [silent.video, silent.animation.duration], [undefined, 8]);
same('by its id', (await api.sendVideo(PERSON, sent.video.file_id)).video.file_id, sent.video.file_id);
same('an animation', (await api.sendAnimation(PERSON, film(tracks('vide')))).animation.file_name, 'libtv-1a2b.mp4');
same('a photo', (await api.sendPhoto(PERSON, new InputFile(png, 'a.png'))).photo.length, 1);
same('a document', (await api.sendDocument(PERSON, film())).document.file_name, 'libtv-1a2b.mp4');
const media = () => ({ type: 'photo', media: new InputFile(png, 'a.png') });
const group = await api.sendMediaGroup(PERSON, [media(), media(), { type: 'video', media: film(), ...facts }]);
same('a group', [group.length, new Set(group.map((message) => message.media_group_id)).size], [3, 1]);

// Texts, topics, edits
const text = await api.sendMessage(SUPERGROUP, '你好', { message_thread_id: 7 });
same('a topic', [text.text, text.message_thread_id], ['你好', 7]);
const edited = await api.editMessageText(SUPERGROUP, text.message_id, 'b');
same('an edit', edited.text, 'b');
await refused('it again', api.editMessageText(SUPERGROUP, text.message_id, 'b'), 400, 'Bad Request: message is not modified');
const becomes = () => api.editMessageMedia(SUPERGROUP, text.message_id, { type: 'video', media: film(), ...facts });
same('a film in its place', (await becomes()).video.duration, 8);
await refused('the film again', becomes(), 400, 'Bad Request: message is not modified');
const reply = { reply_parameters: { message_id: sent.message_id } };
same('a reply', (await api.sendMessage(PERSON, 'x', reply)).text, 'x');
same('away', await api.deleteMessage(PERSON, sent.message_id), true);
await refused('away again', api.deleteMessage(PERSON, sent.message_id), 400, 'Bad Request: message to delete not found');

// Refusals
await refused('blocked', api.sendMessage(403, 'x'), 403, 'Forbidden: bot was blocked');
await refused('thrown out', api.sendMessage(-1001000000403, 'x'), 403, 'Forbidden: bot was kicked');
await refused('no chat', api.sendMessage(400, 'x'), 400, 'Bad Request: chat not found');
await refused('no topic', api.sendMessage(SUPERGROUP, 'x', { message_thread_id: 9 }), 400, 'Bad Request: message thread not found');
await refused('no rights', api.sendVideo(-1001000000004, film(), facts), 400, 'Bad Request: not enough rights to send videos');
await refused('too long', api.sendMessage(PERSON, 'x'.repeat(4097)), 400, 'Bad Request: message is too long');
await refused('no photo', api.sendPhoto(PERSON, new InputFile(Buffer.from('text'), 'a.png')), 400, 'Bad Request: IMAGE_PROCESS_FAILED');
await refused('too large', api.sendDocument(PERSON, film(Buffer.alloc((50 << 20) + 1))), 413, 'Request Entity Too Large');
const moved = await refused('another chat', api.sendMessage(-500001, 'x'), 400, 'Bad Request: group chat was upgraded');
same('which', moved.parameters.migrate_to_chat_id, -1001000000002);

console.log(passed);
