"""What all tests stand on."""

import signal

# A program that was started in the background may ignore Ctrl-C, and hands that on to its children: the tests of
# Ctrl-C would wait for nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)
