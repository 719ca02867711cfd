// Which requests may leave: scheme, host, port, method, path, query, headers and body, all of them, and for which calls.
// Plain data in, an answer out. The default is made from `capabilities.json`, which the package carries.

import { capabilities } from './capabilities.mjs';
import { ambiguous, fits, oddKey } from './target.mjs';

/**
 * The rules for what is configured in `env` and in the stored configuration: the service of each key, the media
 * store, and that of each chat that there is an app for. An override moves a rule; one that can't be used grants nothing.
 */
export function defaultPolicy(env, storedKey) {
  const keys = [env.LIBTV_API_KEY, storedKey].filter(Boolean);
  return { rules: capabilities.services.flatMap((service) => ruleFor(service, keys, env)) };
}

function ruleFor(service, keys, env) {
  const { id, origins, moved_by: variable, key, app, credential, routes } = service;
  if (!hasKey(service, keys, env)) return [];
  if (app && !app.every((name) => env[name])) return [];
  // Nobody here signs, and the component never gets to send the secret itself.
  if (credential?.signs) return [];
  const moved = id === 'media' ? env.LIBTV_MEDIA_URL : env[variable];
  // The origins of what nothing moves are all its places; of another service the first is where it is.
  const bases = (moved ? [moved] : variable ? origins.slice(0, 1) : origins).map(baseOf);
  const others = capabilities.services.filter((other) => other.key && other.id !== id);
  const foreign = (base) => key && others.some(({ origins: [origin] }) => base.hostname === new URL(origin).hostname);
  // Which addresses an answer named isn't known here; where nothing else may be asked, the place itself isn't granted.
  const known = routes.filter((route) => !route.only_named);
  if (known.length === 0) return [];
  const rule = (base) => ({ origin: base.origin, prefix: base.pathname.replace(/\/+$/, ''), credential: credential?.header, segment: segmentOf(credential, app, env), routes: known });
  return bases.filter((base) => base && !foreign(base)).map(rule);
}

/** What stands in the path where a route has its credential there. */
function segmentOf(credential, app, env) {
  return credential?.path ? credential.prefix + env[app.at(-1)] : undefined;
}

/** Whether there is the key that a service needs, or the one of the service whose results it holds. Most are told by how they begin. */
function hasKey({ key, key_prefix: prefix, with_key_of: maker }, keys, env) {
  if (maker) return hasKey(capabilities.services.find((other) => other.key?.service === maker), keys, env);
  if (!key) return true;
  return prefix ? keys.some((known) => known.startsWith(prefix)) : Boolean(env[key.variable]);
}

/** Whether a rule's origin stands for this one: itself, or any host below the domain of `https://*.domain`. */
function standsFor(ours, origin) {
  const domain = /^https:\/\/\*(\..+)$/.exec(ours)?.[1];
  if (!domain) return ours === origin;
  return /^https:\/\/([a-z0-9-]+\.)*[a-z0-9-]+$/.test(origin.slice(0, -domain.length)) && origin.endsWith(domain);
}

/** `https` anywhere, `http` on this machine only. */
function baseOf(text) {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const plain = !url.username && !url.password && !url.search && !url.hash;
  return plain && (url.protocol === 'https:' || (url.protocol === 'http:' && here)) ? url : undefined;
}

/**
 * Why a request is refused, or nothing. `authority` and `path` are as the component gave them, `headers` pairs of name and
 * value, `hasBody` whether a body was begun, `call` the kind of call that sends it.
 */
export function refusal({ rules }, { method, scheme, authority, path, headers = [], hasBody = false, call }) {
  const origin = originOf(scheme, authority);
  const [pathname, query] = (path ?? '').split(/\?([^]*)/, 2);
  if (!origin || ambiguous(pathname)) return 'the URL is malformed or ambiguous';
  const there = rules.filter((rule) => standsFor(rule.origin, origin));
  if (there.length === 0) return 'this scheme, host and port are not granted';
  for (const { prefix = '', credential, segment, routes } of there) {
    if (!pathname.startsWith(prefix)) continue;
    const route = routes.map(described).find((known) => known.method === method && fits(pathname.slice(prefix.length), known.path, segment));
    if (route) return whatDiffers(route, { credential, query, headers, hasBody, call });
  }
  return 'this method and path are not granted on that host';
}

/** A rule of an embedder may name a route in short, as `GET /path`: it has no rules for what stands beside its path. */
function described(route) {
  if (typeof route !== 'string') return route;
  const [method, path] = route.split(' ');
  return { method, path };
}

function whatDiffers(route, { credential, query, headers, hasBody, call }) {
  if (route.calls && call && !route.calls.includes(call)) return 'this kind of call does not ask that';
  const key = route.query && oddKey(query, route.query);
  if (key !== undefined) return `the query holds something that this route does not take (${key.slice(0, 60)})`;
  if (!route.headers) return undefined;
  const seen = new Set();
  for (const [name, value] of headers.map(([given, said]) => [given.toLowerCase(), said])) {
    const known = route.headers.find((header) => header.name === name);
    const good = known ? says(known, value, route.body) : route.credential && name === credential;
    if (!good || seen.has(name)) return `a header that this route does not take, or not with this value (${name.slice(0, 60)})`;
    seen.add(name);
  }
  const wants = route.body.kind !== 'none';
  return hasBody && !wants ? 'a body that this route does not take' : undefined;
}

function says({ is, kind }, value, body) {
  if (is !== undefined) return value === is;
  if (kind === 'range') return /^bytes=\d+-\d+$/.test(value);
  if (kind === 'length') return /^\d+$/.test(value) && Number(value) <= body.max_bytes;
  if (kind !== 'content-type') return /^[\x20-\x7e]{0,256}$/.test(value);
  if (body.kind === 'fields') return /^application\/x-www-form-urlencoded(;\s*(charset=utf-8)?)?$/i.test(value);
  const json = body.kind.endsWith('json') && /^application\/json(;\s*(charset=utf-8)?)?$/i.test(value);
  return json || body.kind.startsWith('multipart') && /^multipart\/form-data;\s*boundary=[\w.-]{1,70}$/.test(value);
}

/** As `URL` spells it, so that a default port is left out; nothing for what could be read in two ways. */
function originOf(scheme, authority) {
  const text = `${scheme}://${authority}`;
  if (!/^https?$/.test(scheme) || !/^[a-z0-9.-]+(:\d+)?$/i.test(authority ?? '') || !URL.canParse(text)) return undefined;
  const { origin, hostname, port } = new URL(text);
  // A trailing dot, a spelling of an address that URL reads as another one, a port with noughts in front.
  const [asWritten, written] = authority.toLowerCase().split(':');
  const usual = written === undefined || written === (port || { https: '443', http: '80' }[scheme]);
  return hostname === asWritten && usual && !hostname.endsWith('.') ? origin : undefined;
}
