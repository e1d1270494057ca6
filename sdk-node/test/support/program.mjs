// Programs in processes of their own.

import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program with variables of its own; it fails where the program does not end by itself, with exit code 0. */
export async function run(program, env, ...flags) {
  const { stdout, stderr } = await execute(process.execPath, ['--input-type=module', ...flags, '--eval', program], {
    cwd: `${import.meta.dirname}/..`,
    env: { ...process.env, ...env },
    timeout: 20_000,
  });
  return { stdout: stdout.trim(), stderr: stderr.trim() };
}
