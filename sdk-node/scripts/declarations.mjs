// Makes the declarations compile for all targets. TypeScript declares the private fields of a class as `#private`, which its
// version 5 rejects under its own default target; a `private` member does the same.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(import.meta.dirname, '../dist');
for (const file of readdirSync(dist, { recursive: true }).filter((file) => /\.d\.[cm]?ts$/.test(file))) {
  const path = join(dist, file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^(\s*)#private;$/gm, '$1private readonly _;'));
}
