// `wasi:http` with the policy in front of it. A refused request fails as the standard says, with the error code
// `HTTP-request-denied`, so that the component tells it from a broken line and does not try again.

import { refusal } from './policy.mjs';

/** The shim's `http` with rules. `onDenied` hears of each refused request, without its query; `call` says which kind of call is under way. */
export function enforcing(http, policy, onDenied, call = () => undefined) {
  const handle = (request, options) => {
    const wanted = { ...described(request), call: call() };
    const reason = refusal(policy, wanted);
    if (reason) {
      const [path] = (wanted.path ?? '').split('?', 1);
      onDenied({ method: wanted.method, url: `${wanted.scheme}://${wanted.authority}${path}`, reason });
      throw { tag: 'HTTP-request-denied' };
    }
    return http.outgoingHandler.handle(request, options);
  };
  return { ...http, outgoingHandler: { ...http.outgoingHandler, handle } };
}

function described(request) {
  const method = request.method();
  const scheme = request.scheme();
  const text = new TextDecoder();
  return {
    method: (method.val ?? method.tag).toUpperCase(),
    scheme: (scheme?.val ?? scheme?.tag ?? 'HTTPS').toLowerCase(),
    authority: request.authority(),
    path: request.pathWithQuery(),
    headers: request.headers().entries().map(([name, value]) => [name, text.decode(value)]),
    hasBody: hasBody(request),
  };
}

/** A request gives its body once: who can't have it any more has been forestalled by the component. */
function hasBody(request) {
  try {
    request.body();
    return false;
  } catch {
    return true;
  }
}
