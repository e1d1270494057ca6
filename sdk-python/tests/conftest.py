"""What all tests stand on."""

import os
import signal

# Certificates and proxies of the developer's machine do not concern the tests.
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)

# A program that was started in the background may ignore Ctrl-C, and hands that on to its children: the tests of
# Ctrl-C would wait for nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)
