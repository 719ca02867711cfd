// Which requests may leave: scheme, host, port, method and path, all of them. Plain data in, an answer out.
// The default is made from `capabilities.json`, which the package carries.

import { readFileSync } from 'node:fs';

const capabilities = JSON.parse(readFileSync(new URL('dist/capabilities.json', import.meta.url), 'utf8'));

/** The key each LibTV service takes; it must not reach the other one's host. */
const KEY_PREFIXES = { gateway: 'mgk_', direct: 'sk-libtv-' };
const ODD_SEQUENCES = /%2e|%2f|%5c|%00|%25|\\/i;

/**
 * The rules for what is configured in `env` and in the stored configuration: the service of each key, the media
 * store, and Feishu or Lark when there is an app. An override moves a rule; one that can't be used grants nothing.
 */
export function defaultPolicy(env, storedKey) {
  const keys = [env.LIBTV_API_KEY, storedKey].filter(Boolean);
  return { rules: capabilities.services.flatMap((service) => ruleFor(service, keys, env)) };
}

function ruleFor({ id, origins, moved_by: variable, routes }, keys, env) {
  const prefix = KEY_PREFIXES[id];
  if (prefix && !keys.some((key) => key.startsWith(prefix))) return [];
  if (id === 'feishu' && !(env.FEISHU_APP_ID && env.FEISHU_APP_SECRET)) return [];
  const base = baseOf((id === 'media' ? env.LIBTV_MEDIA_URL : env[variable]) || origins[0]);
  const others = capabilities.services.filter((other) => KEY_PREFIXES[other.id] && other.id !== id);
  const foreign = prefix && others.some(({ origins: [origin] }) => base?.hostname === new URL(origin).hostname);
  return base && !foreign ? [{ origin: base.origin, prefix: base.pathname.replace(/\/+$/, ''), routes }] : [];
}

/** `https` anywhere, `http` on this machine only. */
function baseOf(text) {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const plain = !url.username && !url.password && !url.search && !url.hash;
  return plain && (url.protocol === 'https:' || (url.protocol === 'http:' && here)) ? url : undefined;
}

/** Why a request is refused, or nothing. `authority` and `path` are as the component gave them. */
export function refusal({ rules }, { method, scheme, authority, path }) {
  const origin = originOf(scheme, authority);
  const [pathname] = (path ?? '').split(/[?#]/, 1);
  const segments = pathname.split('/');
  if (!origin || !pathname.startsWith('/') || ODD_SEQUENCES.test(pathname) || segments.some((s) => s === '.' || s === '..')) {
    return 'the URL is malformed or ambiguous';
  }
  const there = rules.filter((rule) => rule.origin === origin);
  if (there.length === 0) return 'this scheme, host and port are not granted';
  const granted = there.some(({ prefix = '', routes }) =>
    routes.some((route) => {
      const [allowed, pattern] = route.split(' ');
      return allowed === method && pathname.startsWith(prefix) && fits(pathname.slice(prefix.length), pattern);
    }),
  );
  return granted ? undefined : 'this method and path are not granted on that host';
}

/** As `URL` spells it, so that a default port is left out; nothing for what could be read in two ways. */
function originOf(scheme, authority) {
  const text = `${scheme}://${authority}`;
  if (!/^[a-z0-9.-]+(:\d+)?$/i.test(authority ?? '') || !URL.canParse(text)) return undefined;
  const { origin, hostname } = new URL(text);
  // A trailing dot, or a spelling of an address that URL reads as another one.
  const asWritten = authority.replace(/:\d+$/, '').toLowerCase();
  return hostname === asWritten && !hostname.endsWith('.') ? origin : undefined;
}

function fits(path, pattern) {
  const given = path.split('/');
  const wanted = pattern.split('/');
  for (const [index, part] of wanted.entries()) {
    if (part === '{..}') return given.length > index && given.slice(index).every((segment) => segment !== '');
    if (part === '{}' ? !given[index] : given[index] !== part) return false;
  }
  return given.length === wanted.length;
}
