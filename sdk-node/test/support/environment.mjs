// Certificates and proxies of the developer's machine do not concern the tests: whoever imports this has none.

import process from 'node:process';

const NAMES = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];

for (const name of [...NAMES, ...NAMES.map((name) => name.toLowerCase())]) delete process.env[name];
