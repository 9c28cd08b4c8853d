"""Signals that end a server are seen whatever its main thread does (rule 28)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from macduff.cli.signals import Ending

# The main thread takes no signals, so Python's handlers never run: so it is too, now and then, for one that comes in
# the moment before a wait begins.
DEAF = """
import signal, threading
from macduff.cli.signals import Ending
with Ending().handled() as ending:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    print("ready", flush=True)
    ending.wait()
    print(ending.signal.name, flush=True)
    threading.Lock().acquire() and threading.Event().wait(60)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_rule_28_neither_signal_waits_for_the_main_thread(number: signal.Signals, code: int) -> None:
    start = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{DEAF}"
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == f"{number.name}\n"
        process.send_signal(number)
        assert process.wait(20) == code


def test_signals_mean_what_they_meant_when_it_is_over() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Ending().handled() as ending:
        assert signal.getsignal(signal.SIGTERM) is not before
        os.kill(os.getpid(), signal.SIGTERM)
        ending.wait()
        assert (ending.wished, ending.signal, ending.code) == (True, signal.SIGTERM, 0)
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_process_forked_from_a_server_has_signals_of_its_own() -> None:
    """Its end is not the server's, and SIGTERM ends it."""
    script = (
        "import os, signal, sys, time\n"
        "from macduff.cli.signals import Ending\n"
        "with Ending().handled() as ending:\n"
        "    reader, writer = os.pipe()\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        os.write(writer, b'.')\n"
        "        time.sleep(60)\n"
        "    os.read(reader, 1)\n"
        "    os.kill(child, signal.SIGTERM)\n"
        "    print(os.waitpid(child, 0)[1], ending.wished)\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=20)
    assert done.stdout == f"{int(signal.SIGTERM)} False\n", done.stderr
