// The page: asks for the status when the timer did something, and draws what changed. Every text goes in as text, never
// as markup: it comes from users and services.

const STATES = {
  submitted: 'submitted', generating: 'being made', awaiting_user: 'waits for an answer',
  completed: 'finished', failed: 'failed', timeout: 'took too long',
};
const FILM = /\.(mp4|mov|webm|m4v)$/i;
/** The times on the page go on although nothing happens. */
const REDRAW_MS = 1000;
/** Several events in one go are one look. */
const GATHER_MS = 120;
/** Without the feed: now and then. */
const LOOK_ANYWAY_MS = 5000;

const $ = (id) => document.getElementById(id);
const cards = new Map();
let known = { sessions: [], now: new Date().toISOString() };
/** How far this machine's clock and the harness's are apart: none, but for a page that slept. */
let skew = 0;

/** An element with attributes, and texts or elements inside. */
function el(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...inside.filter((part) => part !== null && part !== undefined && part !== ''));
  return made;
}

function distance(from, to) {
  const seconds = Math.max(0, Math.round((to - from) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

const clock = (text) => new Date(text).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

/** A time that is told as a distance and kept up to date. */
function ago(text, before = '', behind = ' ago') {
  return el('time', { datetime: text, title: new Date(text).toLocaleString(), 'data-before': before, 'data-behind': behind });
}

function tick() {
  const now = Date.now() + skew;
  for (const time of document.querySelectorAll('time[data-before]')) {
    const at = Date.parse(time.dateTime);
    const due = time.dataset.before === 'next look in ' && at <= now;
    const told = due ? 'is being looked at' : time.dataset.before + distance(Math.min(at, now), Math.max(at, now)) + time.dataset.behind;
    if (time.textContent !== told) time.textContent = told;
  }
}

function timeline(session, turn) {
  const ended = ['completed', 'failed'].includes(turn.state);
  const sent = session.deliveries.filter((d) => d.turn === turn.turn && d.purpose === 'result' && ['delivered', 'link_only'].includes(d.state)).length;
  const all = turn.results.length;
  const step = (title, told, mark) => el('li', { class: mark }, el('b', {}, title), told);
  const working = turn.state === 'failed' ? 'bad' : turn.state === 'awaiting_user' ? 'ask' : ended ? 'done' : 'now';
  const chat = session.chatId
    ? step('In the chat', turn.deliveredAt ? `${sent} of ${all}, ${clock(turn.deliveredAt)}` : all ? `${sent} of ${all}` : '', turn.deliveredAt ? 'done' : sent || all ? 'now' : '')
    : step('In the chat', 'no chat was named', '');
  return el('ol', { class: 'timeline' },
    step('Submitted', clock(turn.submittedAt), 'done'),
    step(STATES[turn.state] ?? turn.state, `${turn.polls} looks`, working),
    step('Results', all ? `${all}` : '', all ? (ended ? 'done' : 'now') : ''),
    chat);
}

/** A picture or a player; the same element again when the card is drawn anew, so that a film plays on. */
function media(url, session, kept) {
  // Not parsed: what is no address is refused by the harness, and its place stays empty.
  const film = FILM.test(url.split(/[?#]/, 1)[0]);
  const source = `media?url=${encodeURIComponent(url)}&session=${encodeURIComponent(session.sessionId)}`;
  const shown = kept.get(url) ?? (film
    ? el('video', { src: source, controls: 'true', preload: 'metadata', playsinline: 'true' })
    : el('img', { src: source, alt: 'a result of this job', loading: 'lazy' }));
  kept.set(url, shown);
  return el('figure', { class: film ? 'film' : '' }, shown);
}

/** A button that stops the job, where its service still can. It asks once more: what is stopped can't be taken up again. */
function cancelling(session) {
  if (!session.cancellable) return null;
  const button = el('button', { type: 'button' }, 'Cancel this job');
  const told = el('span', { role: 'status' });
  button.addEventListener('click', async () => {
    if (!button.dataset.sure) {
      button.dataset.sure = 'asked';
      button.textContent = 'Really cancel it?';
      return;
    }
    button.disabled = true;
    try {
      const answer = await ask(`api/cancel?session=${encodeURIComponent(session.sessionId)}`, { method: 'POST' });
      told.textContent = answer.cancelled ? 'Cancelled.' : answer.reason;
      soon();
    } catch (error) {
      told.textContent = error.message;
      button.disabled = false;
    }
  });
  return el('p', { class: 'meta cancel' }, button, told);
}

function deliveries(session) {
  if (session.deliveries.length === 0) return null;
  const rows = session.deliveries.map((d) => el('tr', {},
    el('td', {}, `${d.order}`), el('td', {}, d.purpose), el('td', { class: d.state }, d.state.replace('_', ' ')),
    el('td', {}, [d.messageId, d.trouble].filter(Boolean).join(' · ')), el('td', {}, d.endedAt ? clock(d.endedAt) : '')));
  return el('details', {}, el('summary', {}, `Messages to the chat (${session.deliveries.length})`),
    table(['', 'what', 'state', 'message', 'at'], rows));
}

function table(heads, rows) {
  const head = el('tr', {}, ...heads.map((text) => el('th', { scope: 'col' }, text)));
  return el('div', { class: 'scroll' }, el('table', {}, el('thead', {}, head), el('tbody', {}, ...rows)));
}

/** One call, of the component or of the page for its own pictures: a row for each route it asked, and for each request that was refused. */
function callRows(call) {
  const name = call.call === 'open-result' ? 'this page' : call.command ?? call.call;
  const row = (request, answers, bytes, mark) => el('tr', {},
    el('td', {}, clock(call.at)), el('td', {}, name), el('td', {}, request),
    el('td', { class: mark }, answers), el('td', {}, bytes));
  const times = ([answer, count]) => (count > 1 ? `${answer} ×${count}` : answer);
  return [
    ...call.egress.map((e) => row(`${e.method} ${e.origin}${e.path}`, Object.entries(e.answers).map(times).join(', '),
      `${e.sent_bytes} / ${e.received_bytes}`, '')),
    ...call.refused.map((r) => row(`${r.method} ${r.wanted ?? ''}`, `refused: ${r.reason ?? ''}`, '', 'refused')),
  ];
}

/** What was let out for this job, asked for when it is opened. */
function egress(session, open) {
  const shown = el('div', {}, '…');
  const made = el('details', { class: 'egress' }, el('summary', {}, 'What left the sandbox'), shown);
  made.addEventListener('toggle', async () => {
    if (!made.open) return;
    try {
      const record = await ask(`api/egress?session=${encodeURIComponent(session.sessionId)}`);
      const rows = record.calls.flatMap(callRows);
      shown.replaceChildren(rows.length ? table(['at', 'call', 'request', 'answers', 'bytes out / in'], rows) : 'Nothing yet.');
    } catch (error) {
      shown.replaceChildren(error.message);
    }
  });
  made.open = open;
  return made;
}

function card(session, old) {
  const turn = session.turns.at(-1);
  const kept = old?.kept ?? new Map();
  const was = (name) => old?.element.querySelector(`details.${name}`)?.open ?? false;
  const results = session.turns.flatMap((each) => each.results);
  const told = session.state === 'awaiting_user' ? turn.question : turn.trouble;
  const chat = [session.channel, session.chatId].filter(Boolean).join(' ');
  const messages = deliveries(session);
  if (messages) {
    messages.classList.add('messages');
    messages.open = was('messages');
  }
  const element = el('article', { 'data-session': session.sessionId, 'data-state': session.state },
    el('p', { class: 'meta' },
      el('span', { class: `state ${session.state}` }, STATES[session.state] ?? session.state),
      ago(turn.submittedAt, 'submitted '),
      session.nextPollAt ? ago(session.nextPollAt, 'next look in ', '') : null,
      el('code', { title: session.sessionId }, session.sessionId.slice(0, 12)), chat ? el('span', {}, chat) : null),
    el('h2', {}, turn.text),
    timeline(session, turn),
    told ? el('p', { class: `note ${session.state}` }, told) : null,
    results.length ? el('div', { class: 'results' }, ...results.map((url) => media(url, session, kept))) : null,
    session.projectUrl ? el('p', { class: 'meta' }, el('a', { href: session.projectUrl, rel: 'noreferrer', target: '_blank' }, 'Canvas')) : null,
    cancelling(session), messages, egress(session, was('egress')));
  return { element, kept, drawn: JSON.stringify(session) };
}

/** A session's card. What can't be drawn stands alone: the others are drawn all the same. */
function cardOrNote(session, old) {
  try {
    return card(session, old);
  } catch {
    const told = el('p', { class: 'note failed' }, `${session?.sessionId ?? 'A session'} can't be shown: libtv-video status shows more.`);
    return { element: el('article', {}, told), kept: new Map(), drawn: JSON.stringify(session) };
  }
}

function draw() {
  const jobs = $('jobs');
  const seen = new Set();
  known.sessions.forEach((session, place) => {
    const id = session?.sessionId;
    seen.add(id);
    let shown = cards.get(id);
    if (shown?.drawn !== JSON.stringify(session)) {
      const fresh = cardOrNote(session, shown);
      shown ? shown.element.replaceWith(fresh.element) : jobs.append(fresh.element);
      cards.set(id, fresh);
      shown = fresh;
    }
    if (jobs.children[place] !== shown.element) jobs.insertBefore(shown.element, jobs.children[place] ?? null);
  });
  for (const [id, shown] of cards) {
    if (!seen.has(id)) {
      shown.element.remove();
      cards.delete(id);
    }
  }
  const count = (test) => known.sessions.filter((s) => s && test(s)).length;
  const busy = count((s) => ['submitted', 'generating'].includes(s.state));
  $('summary').textContent = `${busy} under way, ${count((s) => s.state === 'awaiting_user')} waiting for an answer, ${known.sessions.length} shown${known.jobs?.left === undefined ? '' : `; jobs: ${known.jobs.said}`}`;
  $('empty').hidden = known.sessions.length > 0;
  const troubles = [
    ...(known.unknownSubmits ?? []).map((s) => `A submit got no answer and may have been charged: “${s.text}”. Find out with: libtv-video tasks, libtv-video recover`),
    ...(known.damaged ?? []),
    ...(known.jobs?.problem ? [known.jobs.problem] : []),
  ];
  $('trouble').textContent = troubles.join('\n');
  $('trouble').hidden = troubles.length === 0;
  tick();
}

async function ask(path, how) {
  const response = await fetch(path, how);
  if (!response.ok) throw new Error((await response.text()).trim() || `HTTP ${response.status}`);
  return response.json();
}

function line(open, told) {
  $('line').className = open ? 'line open' : 'line';
  $('line').textContent = told;
}

let looking;
async function look() {
  looking = undefined;
  try {
    known = await ask('api/status');
    skew = Date.parse(known.now) - Date.now();
    draw();
  } catch (error) {
    line(false, `can't be asked: ${error.message}`);
  }
}
const soon = () => { looking ??= setTimeout(look, GATHER_MS); };

const feed = new EventSource('api/events');
feed.onopen = () => { line(true, 'live'); soon(); };
feed.onerror = () => line(false, 'the harness has gone; waiting for it');
feed.onmessage = soon;
setInterval(soon, LOOK_ANYWAY_MS);
setInterval(tick, REDRAW_MS);
look();
