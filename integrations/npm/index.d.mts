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

/** A chat, and the place in it. What is left out is as in the session that goes on; of a new one, as `env` says. */
export interface Destination {
  /** As `feishu`. */
  channel?: string;
  /** Which of several accounts of the channel writes. */
  account?: string;
  chat?: string;
  thread?: string;
  /** The message that is answered, in whose thread results go. */
  replyTo?: string;
}

/** A request for a video or an image. */
export interface Request {
  /** The user's words, relayed as they are. */
  message?: string;
  /** The session that goes on; without it a new one begins. */
  sessionId?: string;
  /** The service that makes it, as `check` names it. */
  service?: string;
  kind?: 'video' | 'image';
  /** The ratio of a new video whose words name none, as `9:16`. */
  ratio?: string;
  /** Where results go; `null`: to nobody. */
  to?: Destination | null;
}

export interface Submission {
  sessionId: string;
  projectUuid: string;
  /** The canvas link. Show it to people only once the job has finished. */
  projectUrl: string;
  channel?: string;
  /** True only when results will arrive in the chat by themselves. */
  deliverable: boolean;
  /** A sentence for the user, to acknowledge the request with. */
  note: string;
  /** What only whoever runs this machine can do, so that the result arrives by itself. */
  operatorNote?: string;
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

export type DeliveryState = 'pending' | 'sending' | 'delivered' | 'link-only' | 'failed' | 'uncertain';

/** One message to the chat. Times are milliseconds since 1970, here and everywhere. */
export interface Delivery {
  turn: number;
  order: number;
  purpose: 'result' | 'links' | 'question' | 'failure' | 'timeout' | 'more' | 'uncertain';
  url?: string;
  state: DeliveryState;
  messageId?: string;
  endedAtMs?: number;
  trouble?: string;
}

/** One video or image. */
export interface Product {
  /** Relay it character by character. */
  url: string;
  delivery?: DeliveryState;
  messageId?: string;
}

/** One request within a session. */
export interface Turn {
  number: number;
  text: string;
  state: SessionState;
  submittedAtMs: number;
  endedAtMs?: number;
  deliveredAtMs?: number;
  polls: number;
  results: Product[];
  question?: string;
  trouble?: string;
}

export interface Session {
  sessionId: string;
  state: SessionState;
  channel?: string;
  chatId?: string;
  replyTo?: string;
  /** The service that has it, as `check` takes it. */
  service: string;
  /** Whether `cancel` may still stop it. */
  cancellable: boolean;
  /** None when everything has ended. */
  nextPollAtMs?: number;
  /** The canvas link, once the job has finished. */
  projectUrl?: string;
  /** The oldest first; at least one. */
  turns: Turn[];
  deliveries: Delivery[];
}

/** What is known of sessions. */
export interface Overview {
  nowMs: number;
  sessions: Session[];
  /** Submits whose answer was lost. They may have been charged. */
  unknownSubmits: { id: string; text: string; startedAtMs?: number; reason?: string }[];
  /** What can't be read or asked about, in sentences for the user. */
  damaged: string[];
}

/** A value that a service gave, under its JSON pointer. */
export interface Field {
  path: string;
  value:
    | { tag: 'null' | 'empty-list' | 'empty-object' }
    | { tag: 'boolean'; val: boolean }
    | { tag: 'integer' | 'decimal'; val: number }
    | { tag: 'text'; val: string };
}

/** A session's messages, and what they mean. */
export interface Transcript {
  sessionId: string;
  state: SessionState;
  question?: string;
  says?: string;
  trouble?: string;
  messages: { seq?: number; role: 'user' | 'assistant' | 'tool' | 'other'; text: string; resultUrls: string[]; fields: Field[] }[];
  resultUrls: string[];
  deliveries: Delivery[];
  projectUrl?: string;
}

/** What is configured, and whether the key is good. */
export interface Configuration {
  apiKey: string;
  keyFrom?: string;
  service: string;
  url: string;
  videoRatio: string;
  config: string;
  verified: boolean;
  uses?: { remaining: number; max: number };
  expiresAt?: string;
  accounts: { channel: string; id: string; url: string; foundIn: string }[];
  noAccounts?: string;
  polling: { tag: 'active' | 'absent' | 'unknown' } | { tag: 'lacking'; val: string };
  warning?: string;
  /** Why nothing can be submitted now. */
  problem?: { kind: SkillError['kind']; cause: SkillError['code']; message: string; advice?: string; retryAfterMs?: number };
}

/** What was found of one link of the chain from the key to the chat. */
export interface Finding {
  link: string;
  health: 'good' | 'doubtful' | 'broken';
  detail: string;
  advice?: string;
}

/** One task of the key, as the service keeps it. */
export interface Task {
  id?: string;
  status?: string;
  url?: string;
  error?: string;
  fields: Field[];
}

/** What failed. A kind with `permanent` in its name must not be repeated by itself. */
export class SkillError extends Error {
  kind: 'temporary' | 'permanent' | 'permanent-outcome-unknown';
  /** Why, for programs: docs/embedding.md says what each means. */
  code:
    | 'request'
    | 'unknown-session'
    | 'no-key'
    | 'key-refused'
    | 'setting'
    | 'not-permitted'
    | 'limit-reached'
    | 'quota'
    | 'moderated'
    | 'service-refused'
    | 'unknown-job'
    | 'rate-limited'
    | 'unreachable'
    | 'repeated'
    | 'storage'
    | 'record-unreadable'
    | 'internal';
  /** What whoever runs this can do about it, a line for each step. */
  advice?: string;
  retryAfterMs?: number;
}

/** Calls run one after another on a thread of their own and reject with `SkillError`. */
export interface Skill {
  /** Costs the user money, and is never repeated by itself. Without a session id a new session begins. */
  submit(request: Request): Promise<Submission>;
  /** The sessions that have not ended, with the time at which each wants its next poll. */
  due(): Promise<{ sessionId: string; atMs: number }[]>;
  /** Does what can be done now for one session, and says when to call again. Safe to repeat. */
  poll(sessionId: string): Promise<Step>;
  query(sessionId: string, options?: { afterSeq?: number; projectId?: string }): Promise<Transcript>;
  /** Of this service, as `nexu` or `ark`; else of the one that requests go to. */
  check(service?: string): Promise<Configuration>;
  /** Looks at every link; with a chat (of this channel, else of Feishu) it sends a text and a picture there. */
  doctor(chatId?: string, channel?: string): Promise<Finding[]>;
  /** What is stored of one session, or of all that go on and the `ended` ones (20) that ended last. Asks nobody. */
  status(which?: { sessionId?: string; ended?: number }): Promise<Overview>;
  /** Of this service's key, else of the one that requests go to. Not every service lists them. */
  tasks(service?: string): Promise<Task[]>;
  /** One session, or every known one: asks about unfinished ones and delivers what is undelivered. */
  recover(sessionId?: string): Promise<Overview>;
  /** A service that can't says so: the sentence for the user. */
  cancel(sessionId: string): Promise<{ tag: 'cancelled' } | { tag: 'not-supported' | 'too-late'; val: string }>;
  changeProject(): Promise<{ projectUuid: string; projectUrl: string }>;
  /**
   * The timer: polls every session when it is due, until `signal` is aborted, and resolves then. A session that fails is asked again
   * after a pause that grows to five minutes. One program may do this for a state folder.
   */
  serve(options?: {
    signal?: AbortSignal;
    /** Is told of every step. */
    onStep?: (step: Step) => void;
    /** Is told of every failure; without a session where it was the list that could not be had. */
    onError?: (error: unknown, sessionId?: string) => void;
  }): Promise<void>;
  /** Ends the thread. A call under way rejects. */
  close(): Promise<void>;
}

export function createSkill(options: Options): Promise<Skill>;

/** The rules for the keys and the app in `env`; `storedKey` is one that `libtv.json` holds. */
export function defaultPolicy(env: Record<string, string>, storedKey?: string): Policy;
