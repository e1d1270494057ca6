// Lets the declarations compile for every target. TypeScript writes `#private` into those of a class with private fields, which
// its own default target of version 5 refuses; a member that is `private` is as opaque.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(import.meta.dirname, '../dist');
for (const file of readdirSync(dist, { recursive: true }).filter((file) => /\.d\.[cm]?ts$/.test(file))) {
  const path = join(dist, file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^(\s*)#private;$/gm, '$1private readonly _;'));
}
