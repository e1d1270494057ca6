"""Ctrl-C, and the end of the interpreter."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtype_mock import MockSurface

WAIT = """
import runtype_surface
client = runtype_surface.Client()
client.call("echo")
print("ready", flush=True)
try:
    client.call("slow", {}, timeout=60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""

HANDLER = """
import runtype_surface, signal
def ring(number, frame):
    raise LookupError("rung")
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    runtype_surface.Client().call("slow", {}, timeout=60)
except LookupError:
    print("rung", flush=True)
"""

DAEMONS = """
import threading, time, runtype_surface
client = runtype_surface.Client()
def work():
    while True:
        client.call("echo")
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
"""

KEY_FUNCTION = """
import threading, time, runtype_surface
def key():
    time.sleep(0.3)
    return "papi_demo_full"
client = runtype_surface.Client(api_key=key)
threading.Thread(target=lambda: client.call("echo"), daemon=True).start()
time.sleep(0.1)
"""


def test_ctrl_c_ends_a_pending_call_within_100_ms(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall", capability="slow")
    with subprocess.Popen([sys.executable, "-c", WAIT], env=runtype_mock.env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        runtype_mock.wait_for(lambda journal: journal[-1]["capability"] == "slow")
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"interrupted\n"
        assert time.monotonic() - sent < 0.1
        assert process.wait(timeout=10) == 0
    runtype_mock.wait_for(lambda journal: journal[-1]["outcome"] == "client_closed")


def test_a_signal_handler_may_end_a_call_with_its_own_exception(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall")
    done = subprocess.run(
        [sys.executable, "-c", HANDLER], env=runtype_mock.env, capture_output=True, timeout=30, check=True
    )
    assert done.stdout == b"rung\n"


def test_daemon_threads_in_a_call_do_not_hold_up_or_crash_the_end(runtype_mock: MockSurface) -> None:
    for program in (DAEMONS, KEY_FUNCTION):
        done = subprocess.run([sys.executable, "-c", program], env=runtype_mock.env, capture_output=True, timeout=30)
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_process_ends_by_itself_with_idle_connections(runtype_mock: MockSurface) -> None:
    program = "import runtype_surface; client = runtype_surface.Client(); client.call('echo')"
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", program], env=runtype_mock.env, timeout=30, check=True)
    assert time.monotonic() - began < 10
