// Compiled, never run: the types fit how the package is used.

import { type Policy, SkillError, createSkill, defaultPolicy } from '../index.mjs';

export async function use(env: Record<string, string>): Promise<string> {
  const policy: Policy = { rules: [...defaultPolicy(env).rules, { origin: 'https://example.com', routes: ['GET /x/{}'] }] };
  const skill = await createSkill({ stateDir: '/tmp/x', env, policy, onDenied: ({ url }) => console.warn(url) });
  try {
    await skill.serve({ signal: AbortSignal.timeout(1), onStep: ({ sessionId: of, state }) => console.log(of, state), onError: console.warn });
    const { sessionId, deliverable } = await skill.submit({ message: 'a fox', kind: 'video', to: { channel: 'feishu', chat: 'oc_1' } });
    const step = await skill.poll(sessionId);
    const next: number | undefined = step.nextPollAtMs;
    const [session] = (await skill.status({ sessionId })).sessions;
    const where = session?.turns.at(-1)?.results.map(({ url, delivery }) => `${url} ${delivery ?? 'nowhere'}`).join();
    return deliverable && step.state === 'completed' ? `there: ${where}` : `again at ${next}`;
  } catch (error) {
    if (error instanceof SkillError && error.kind === 'temporary') return error.advice ?? error.message;
    throw error;
  } finally {
    await skill.close();
  }
}
