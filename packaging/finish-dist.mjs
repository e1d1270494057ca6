// Finishes what the TypeScript compiler wrote for an npm package: `finish-dist.mjs DIST`.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const [dist] = process.argv.slice(2);

for (const file of readdirSync(dist, { recursive: true }).filter((file) => /\.d\.[cm]?ts$/.test(file))) {
  const path = join(dist, file);
  const text = readFileSync(path, 'utf8')
    // TypeScript declares the private fields of a class as `#private`, which its version 5 rejects under its own default
    // target; a `private` member does the same.
    .replace(/^(\s*)#private;$/gm, '$1private readonly _;')
    // An optional peer dependency: without it, its types are `any`, and the declarations still compile.
    .replace(/^(import type .* from 'runtype-surface';)$/gm, '// @ts-ignore\n$1');
  writeFileSync(path, text);
}

// The loaders find the native packages by it.
copyFileSync(join(import.meta.dirname, 'platforms.json'), join(dist, 'platforms.json'));
