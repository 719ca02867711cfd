// Where a request is going, read so that no two programs can read it differently. The rules are those of the harness
// (`host-harness/sandbox/src/http/target.rs`), and both are tried with one table of what must be refused.

import { capabilities } from './capabilities.mjs';

/** Ends a segment for somebody, is an escape once more, or isn't seen. */
const SEPARATORS =
  /[\0/\\%\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2044\u2060-\u206f\u2215\u29f5\u29f8\ufeff\uff0f\uff3c\uff05\ufe68\u{e0000}-\u{e007f}]/u;
/** `.` or `..`, in the dots of any alphabet, and with the parameters and spaces that some servers cut off. */
const DOTS = /^[\s\p{Cc}]*([.\u2024\u3002\ufe52\uff0e\uff61]{1,2}|\u2025+)[\s\p{Cc}]*(;|$)/u;
const ID = /^[\w-]+$/;
/** RFC 3986, `pchar`. */
const NAME = /^[\w.~!$&'()*+,;=:@%-]+$/;

/** Whether servers could read a path in more than one way. */
export function ambiguous(path) {
  return !path.startsWith('/') || path.split('/').some(isOdd);
}

function isOdd(segment) {
  const text = decoded(segment);
  const dots = (of) => of.split('.').length;
  return text === undefined || SEPARATORS.test(text) || dots(text) !== dots(segment) || DOTS.test(text);
}

/** What its escapes stand for: UTF-8 in ASCII, each escape of two digits. Nothing when it isn't that. */
function decoded(text) {
  if (!/^(%[0-9a-f]{2}|[!-$&-~])*$/i.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The first key of a query that none of `keys` covers, that stands twice, or that can't be read for certain. */
export function oddKey(query, keys) {
  if (query === undefined || (query === '' && keys.length > 0)) return undefined;
  const seen = new Set();
  for (const piece of query.split('&')) {
    const [key, value = ''] = piece.split(/=([^]*)/, 2);
    if (!keys.some((known) => covers(known, key)) || seen.has(key) || !isPlain(key) || !isPlain(value)) return key;
    seen.add(key);
  }
  return undefined;
}

function covers(known, key) {
  return typeof known === 'string' ? key === known : key.toLowerCase().startsWith(known.begins);
}

function isPlain(text) {
  const plain = decoded(text);
  return plain !== undefined && !/["<>\\^`{|}]/.test(text) && !/\p{Cc}/u.test(plain);
}

const ROOM = /^![-\w.~:=]{1,254}$/;

/** Whether a path is that of a pattern: `{}` and `{own}` are one segment, an id, `{room}` a room's, `{..}` one segment or more, `{credential}` this one. */
export function fits(path, pattern, segment) {
  const given = path.split('/');
  const wanted = pattern.split('/');
  for (const [index, part] of wanted.entries()) {
    if (part === '{..}') {
      // A folder's own name ends with a slash, where the template does.
      const folder = wanted[index + 1] === '';
      const names = given.slice(index, folder ? -1 : undefined);
      return names.length > 0 && names.every((segment) => NAME.test(segment)) && (!folder || given.at(-1) === '');
    }
    if (part === '{credential}') {
      if (segment === undefined || given[index] !== segment) return false;
      continue;
    }
    if (part === '{room}') {
      if (!ROOM.test(given[index] ?? '')) return false;
      continue;
    }
    if (part === '{}' || part === '{own}' ? !isId(given[index]) : given[index] !== part) return false;
  }
  return given.length === wanted.length;
}

function isId(segment = '') {
  return ID.test(segment) && segment.length <= capabilities.max_id_bytes;
}
