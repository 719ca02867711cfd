// The timer of a skill: asks who is due, polls each, sleeps until the next. One at a time, as the thread of a skill does.

/** Between two looks at who is due: a submit of this program is noticed within it. */
const LOOK_MS = 1000;
/** After a failure the session waits so long at first, and twice as long after each further one. */
const FIRST_PAUSE_MS = 1000;
/** At most; a service that is down for a day is asked every five minutes. */
const LONGEST_PAUSE_MS = 5 * 60 * 1000;

/** Polls until `signal` is aborted. See `index.d.mts`. */
export async function serve(skill, { signal, onStep = () => {}, onError = () => {} } = {}) {
  /** Sessions that failed: how often in a row, and when they are asked again. */
  const failed = new Map();
  while (!signal?.aborted) {
    for (const sessionId of await whoIsDue(skill, failed, signal, onError)) {
      if (signal?.aborted) return;
      try {
        const step = await skill.poll(sessionId);
        failed.delete(sessionId);
        onStep(step);
      } catch (error) {
        if (signal?.aborted) return;
        const count = (failed.get(sessionId)?.count ?? 0) + 1;
        const pauseMs = error.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (count - 1));
        failed.set(sessionId, { count, atMs: Date.now() + pauseMs });
        onError(error, sessionId);
      }
    }
    await pause(LOOK_MS, signal);
  }
}

/** The sessions whose time has come, without those that wait after a failure. */
async function whoIsDue(skill, failed, signal, onError) {
  try {
    const due = await skill.due();
    const now = Date.now();
    return due
      .filter(({ sessionId, atMs }) => atMs <= now && (failed.get(sessionId)?.atMs ?? 0) <= now)
      .map(({ sessionId }) => sessionId);
  } catch (error) {
    if (!signal?.aborted) onError(error, undefined);
    return [];
  }
}

/** Sleeps, but not beyond the end. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
