/**
 * A route. In short `METHOD /path`, where `{}` is one segment, an id, and `{..}` one or more; as in `capabilities.json` it
 * says as well what of query, headers and body a request may have, and for which kinds of call it is.
 */
export type Route = string | { method: string; path: string; [member: string]: unknown };

/** One service's rule. */
export interface Rule {
  /** Scheme, host and port, as `URL.origin` spells them. */
  origin: string;
  /** What stands before every route's path; none by default. */
  prefix?: string;
  /** The header that its credential stands in. */
  credential?: string;
  routes: Route[];
}

/** What may be asked. A request that fits no rule fails with `HTTP-request-denied`. */
export interface Policy {
  rules: Rule[];
}

/** A refused request, without its query. */
export interface Denied {
  method: string;
  url: string;
  reason: string;
}

export interface Options {
  /** The state folder, the only one the component sees. Made if it is missing. One skill a folder. */
  stateDir: string;
  /** The variables of ARCHITECTURE.md, "The port", with real values. Nothing of `process.env` is added. */
  env: Record<string, string>;
  /** Instead of `defaultPolicy`. */
  policy?: Policy;
  onDenied?: (denied: Denied) => void;
  /** A call that takes longer is stopped; ten minutes by default. */
  callMs?: number;
}

export type SessionState = 'submitted' | 'generating' | 'awaiting-user' | 'completed' | 'failed' | 'timeout';

export interface Submission {
  sessionId: string;
  projectUuid: string;
  /** The canvas link. Show it to people only once the job has finished. */
  projectUrl: string;
  channel: string;
  /** True only when results will arrive in the chat by themselves. */
  deliverable: boolean;
  /** A sentence to acknowledge the request with. */
  note: string;
}

export interface Step {
  sessionId: string;
  state: SessionState;
  /** When to call again, in milliseconds since 1970; none when the session has ended. */
  nextPollAtMs?: number;
  /** Results found so far in the latest turn. */
  results: number;
  /** Those that have reached the chat, as media or as a link. */
  delivered: number;
  events: { atMs: number; text: string }[];
}

/** What failed. A kind with `permanent` in its name must not be repeated by itself. */
export class SkillError extends Error {
  kind: 'temporary' | 'permanent' | 'permanent-outcome-unknown';
  /** What the user can do about it, or empty. */
  advice: string;
  retryAfterMs?: number;
}

/** Calls run one after another on a thread of their own and reject with `SkillError`. */
export interface Skill {
  /** Costs the user money, and is never repeated by itself. Without a session id a new session begins. */
  submit(request: { message?: string; sessionId?: string; channel?: string; chatId?: string }): Promise<Submission>;
  /** The sessions that have not ended, with the time at which each wants its next poll. */
  due(): Promise<{ sessionId: string; atMs: number }[]>;
  /** Does what can be done now for one session, and says when to call again. Safe to repeat. */
  poll(sessionId: string): Promise<Step>;
  query(sessionId: string, options?: { afterSeq?: number; projectId?: string }): Promise<unknown>;
  check(): Promise<unknown>;
  tasks(): Promise<unknown>;
  recover(): Promise<unknown>;
  changeProject(): Promise<unknown>;
  /** Ends the thread. A call under way rejects. */
  close(): Promise<void>;
}

export function createSkill(options: Options): Promise<Skill>;

/** The rules for the keys and the app in `env`; `storedKey` is one that `libtv.json` holds. */
export function defaultPolicy(env: Record<string, string>, storedKey?: string): Policy;
