// The package beside others: with the SDK and without, and where its binary is.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '..');
const { scope, platforms } = JSON.parse(readFileSync(join(root, '../../packaging/platforms.json'), 'utf8'));
const { os, cpu } = { os: process.platform, cpu: process.arch };
const folder = mkdtempSync(join(tmpdir(), 'runtype-mock-'));
after(() => rmSync(folder, { recursive: true }));

// Programs of their own are no part of this test run.
const { RUNTYPE_MOCK_BIN: binary, NODE_TEST_CONTEXT: _, ...bare } = process.env;
assert.ok(binary, 'RUNTYPE_MOCK_BIN names the binary that these tests run');
/** No binary is on this path. */
const env = { ...bare, PATH: folder };
const withBinary = { ...bare, RUNTYPE_MOCK_BIN: binary };

/** An application's folder, in which this package is installed alone, without a local build. */
function application(name) {
  const installed = join(folder, name, 'node_modules/runtype-mock');
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  return join(folder, name);
}

function run(cwd, program, environment = env, options = []) {
  const { stdout, stderr } = spawnSync(process.execPath, [...options, '--eval', program], {
    cwd,
    env: environment,
    encoding: 'utf8',
  });
  return stdout.trim() || stderr;
}

const PRINT_BINARY = "console.log(require('runtype-mock').findMockBinary())";

test('the binary of the package for this platform is found', () => {
  const made = application('installed');
  const ours = platforms.filter((one) => one.os === os && one.cpu === cpu && one.libc !== 'musl');
  assert.equal(ours.length, 1);
  const installed = join(made, 'node_modules', scope, `mock-${ours[0].name}`);
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{}');
  symlinkSync(binary, join(installed, 'runtype-mock'));
  assert.equal(run(made, PRINT_BINARY), binary);
});

test('a missing package is named, with what to do', () => {
  const said = run(application('missing'), PRINT_BINARY);
  assert.match(said, /runtype-mock needs its optional dependency \S+\/mock-\S+, which is not installed/);
  assert.match(said, /without --omit=optional.*mark runtype-mock as external.*RUNTYPE_MOCK_BIN/s);
});

test('on another platform the supported ones are named', () => {
  const program = `Object.defineProperty(process, 'platform', { value: 'sunos' }); ${PRINT_BINARY}`;
  const said = run(application('elsewhere'), program);
  assert.match(said, /runtype-mock has no binary for this platform \(sunos /);
  for (const { name } of platforms) assert.ok(said.includes(name), name);
});

test('without the SDK any client can use the mock', () => {
  const program = `require('runtype-mock').startMock().then(async (mock) => {
    const url = \`\${mock.baseUrl}/v1/products/\${mock.productId}/surfaces/\${mock.surfaceId}/api/echo\`;
    const headers = { Authorization: \`Bearer \${mock.apiKey}\`, 'Content-Type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: '{"a":1}' });
    console.log(await response.text(), (await mock.journal('echo'))[0].status);
    await mock.close();
  })`;
  assert.equal(run(application('alone'), program, withBinary), '{"a":1} 200');
});

test('a client without the SDK is an error that says what to install', () => {
  const program = `require('runtype-mock').startMock().then(async (mock) => {
    try { mock.client(); } catch (error) { console.log(error.message); }
    await mock.close();
  })`;
  const said = run(application('no SDK'), program, withBinary);
  assert.match(said, /^client\(\) makes a client of the package runtype-surface, which is not installed: `npm install/);
});

test('a bundle for browsers gets the reason why there is none', () => {
  const said = run(application('browser'), "require('runtype-mock')", env, ['--conditions=browser']);
  assert.match(said, /runtype-mock does not run in a browser/);
});

for (const compiler of ['typescript', 'typescript5']) {
  const manifest = require(`${compiler}/package.json`);
  const tsc = join(dirname(require.resolve(`${compiler}/package.json`)), manifest.bin.tsc);

  test(`an application without the SDK compiles under TypeScript ${manifest.version} with strict and nothing else`, () => {
    const made = application(compiler);
    cpSync(join(import.meta.dirname, 'consumer/mock.ts'), join(made, 'mock.ts'));
    writeFileSync(join(made, 'tsconfig.json'), '{ "compilerOptions": { "strict": true, "noEmit": true } }');
    const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: made, encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });
}

for (const file of ['README.md', 'ts/mock-surface.ts']) {
  const text = readFileSync(join(root, file), 'utf8').replace(/^ *\* ?/gm, '');
  const examples = [...text.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(([, code]) => code);

  test(`the example of ${file} runs`, () => {
    assert.equal(examples.length, 1);
    const options = ['--test-reporter=tap', '--input-type=module', '--eval', examples[0]];
    const { status, stdout, stderr } = spawnSync(process.execPath, options, {
      cwd: root,
      env: withBinary,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
    if (file === 'README.md') assert.match(stdout, /^# pass 1$/m);
  });
}
