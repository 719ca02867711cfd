// What the component can reach and needs, as the package carries it.

import { readFileSync } from 'node:fs';

export const capabilities = JSON.parse(readFileSync(new URL('dist/capabilities.json', import.meta.url), 'utf8'));

/** Of an object of imports those that the component is known to need: no runtime has a reason to hand over others. */
export function granted(imports) {
  const needed = new Set(capabilities.imports.map(({ name }) => name));
  return Object.fromEntries(Object.entries(imports).filter(([name]) => needed.has(name.split('@', 1)[0])));
}
