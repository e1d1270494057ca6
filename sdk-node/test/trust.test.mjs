// Authorities, the client's own certificate, and proxies: each option and variable.

import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { after, test } from 'node:test';

import { Client, ConfigurationError } from 'runtype-surface';

import { callWith, file, pem, startProxy, startServer } from './support/behind-proxy.mjs';

const server = await startServer();
after(() => server.close());

const RIGHT = { output: { a: 1 } };
const MOZILLA = "Mozilla's authorities are trusted.";

test('an untrusted issuer is named with what would trust it', async () => {
  const error = await callWith(server.options());
  assert.equal(error.name, 'APIConnectionError');
  assert.equal(error.mayHaveExecuted, false);
  const happened = `echo: could not connect to localhost:${server.port}: its certificate was issued by`;
  assert.ok(error.message.startsWith(`${happened} "Test Authority", which is not trusted\n`), error.message);
  for (const name of ['rootCertificates', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', "trust: 'system'"]) {
    assert.ok(error.message.includes(name), error.message);
  }
});

test('SSL_CERT_FILE replaces the roots', async () => {
  assert.deepEqual(await callWith(server.options(), { SSL_CERT_FILE: file('authority') }), RIGHT);
});

test('SSL_CERT_DIR replaces the roots', async () => {
  assert.deepEqual(await callWith(server.options(), { SSL_CERT_DIR: dirname(file('authority')) }), RIGHT);
});

test('NODE_EXTRA_CA_CERTS adds to the roots, whichever they are', async () => {
  const added = { NODE_EXTRA_CA_CERTS: file('authority') };
  assert.deepEqual(await callWith(server.options(), added), RIGHT);
  assert.deepEqual(await callWith(server.options('localhost', { trust: 'bundled' }), added), RIGHT);
  // The server's own certificate is no authority's.
  assert.deepEqual(await callWith(server.options(), { ...added, SSL_CERT_FILE: file('server') }), RIGHT);
});

for (const name of ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS']) {
  test(`${name} that names no certificate is named with its path`, async () => {
    const error = await callWith(server.options(), { [name]: '/no/such/place' });
    assert.equal(error.name, 'ConfigurationError');
    assert.equal(error.option, name);
    assert.ok(error.message.includes('/no/such/place'), error.message);
  });

  test(`an empty ${name} counts as not set`, async () => {
    const error = await callWith(server.options(), { [name]: '' });
    assert.ok(error.message?.includes(MOZILLA), error.message);
  });
}

test('bundled trust overrides the variables', async () => {
  const options = server.options('localhost', { trust: 'bundled' });
  const error = await callWith(options, { SSL_CERT_FILE: file('authority') });
  assert.ok(error.message?.includes(MOZILLA), error.message);
});

for (const trust of ['system', 'both']) {
  test(`the platform's roots are where the variables say: ${trust}`, async () => {
    const options = server.options('localhost', { trust });
    assert.deepEqual(await callWith(options, { SSL_CERT_FILE: file('authority') }), RIGHT);
  });
}

test('rootCertificates are trusted beside those of a variable', async () => {
  for (const rootCertificates of [pem('authority'), file('authority'), [file('authority')]]) {
    const options = server.options('localhost', { rootCertificates });
    assert.deepEqual(await callWith(options, { SSL_CERT_FILE: file('server') }), RIGHT);
  }
});

test('an identity is shown to a server that asks for one', async () => {
  const asking = await startServer({ asks: true });
  const identities = [
    pem('client') + pem('client-key'),
    Buffer.from(pem('client-key') + pem('client')),
    [file('client'), file('client-key')],
    [pem('client'), file('client-key')],
  ];
  try {
    for (const identity of identities) {
      const client = new Client(asking.options('localhost', { rootCertificates: file('authority'), identity }));
      assert.deepEqual(await client.call('echo', { a: 1 }), { a: 1 });
      await client.close();
    }
    const nobody = new Client(asking.options('localhost', { rootCertificates: file('authority') }));
    await assert.rejects(nobody.call('echo', { a: 1 }), { name: 'APIConnectionError' });
    await nobody.close();
  } finally {
    await asking.close();
  }
});

test('an identity that does not fit is refused and no key is shown', () => {
  const secret = pem('client-key').split('\n')[1];
  for (const [identity, problem] of [
    [pem('client'), /contains no private key/],
    [pem('client-key'), /contains no certificate/],
    [[pem('client'), pem('server-key')], /does not belong to the certificate/],
    ['nothing.pem', /cannot be read/],
    [7, /must be PEM text/],
  ]) {
    assert.throws(
      () => new Client(server.options('localhost', { identity })),
      (error) => {
        assert.ok(error instanceof ConfigurationError);
        assert.equal(error.option, 'identity');
        assert.match(error.message, problem);
        assert.ok(!JSON.stringify(error).includes(secret) && !error.stack.includes(secret));
        return true;
      },
    );
  }
});

for (const name of ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']) {
  test(`the proxy of ${name} opens the tunnel`, async () => {
    const proxy = await startProxy(server.port, 'user:secret');
    const options = server.options('h.example', { rootCertificates: file('authority') });
    try {
      assert.deepEqual(await callWith(options, { [name]: `http://user:secret@127.0.0.1:${proxy.port}` }), RIGHT);
      assert.deepEqual(proxy.asked, ['h.example']);
    } finally {
      await proxy.close();
    }
  });
}

for (const name of ['no_proxy', 'NO_PROXY']) {
  test(`${name} excepts a host`, async () => {
    // An address of this machine that is not a loopback address.
    const options = server.options('0.0.0.0', { rootCertificates: file('authority') });
    const dead = { HTTPS_PROXY: 'http://127.0.0.1:1' };
    assert.deepEqual(await callWith(options, { ...dead, [name]: 'other.example,0.0.0.0' }), RIGHT);
    assert.deepEqual(await callWith({ ...options, proxy: '' }, dead), RIGHT);
    const error = await callWith(options, dead);
    assert.ok(error.message?.includes('could not connect to the proxy 127.0.0.1:1'), error.message);
  });
}

for (const scheme of ['http', 'socks5h']) {
  for (const credentials of [undefined, 'user:secret']) {
    test(`a proxy of the option opens the tunnel: ${scheme}, ${credentials ?? 'nobody'}`, async () => {
      const proxy = await startProxy(server.port, credentials);
      const before = credentials === undefined ? '' : `${credentials}@`;
      const url = `${scheme}://${before}127.0.0.1:${proxy.port}`;
      const options = server.options('h.example', { rootCertificates: file('authority'), proxy: url });
      try {
        assert.deepEqual(await callWith(options), RIGHT);
        assert.deepEqual(proxy.asked, ['h.example']);
      } finally {
        await proxy.close();
      }
    });
  }
}

test('a wrong password of a proxy is named with the proxy and not shown', async () => {
  const proxy = await startProxy(server.port, 'user:secret');
  const url = `http://user:hunter2@127.0.0.1:${proxy.port}`;
  try {
    const error = await callWith(server.options('h.example', { proxy: url }));
    const byVariable = await callWith(server.options('h.example'), { HTTPS_PROXY: url });
    const refused = `127.0.0.1:${proxy.port}: it refused with 407 Proxy Authentication Required`;
    assert.ok(error.message.includes(refused), error.message);
    assert.ok(error.message.endsWith('Check the user name and the password in proxy.'), error.message);
    assert.ok(byVariable.message.endsWith('in HTTPS_PROXY.'), byVariable.message);
    assert.equal(error.mayHaveExecuted, false);
    assert.ok(!JSON.stringify([error, byVariable]).includes('hunter2'));
  } finally {
    await proxy.close();
  }
});
