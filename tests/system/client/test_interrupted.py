"""A script on a terminal, interrupted with SIGINT while it waits for a call."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from macduff.client import connect
from tests.support import eventually

if TYPE_CHECKING:
    from .conftest import Lab

SCRIPT = """
import sys
from macduff.client import connect

with connect(sys.argv[1]) as client:
    getattr(client["STAGE"], sys.argv[2])()
"""


@contextmanager
def script(lab: Lab, method: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SCRIPT, lab.address, method]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def test_one_ctrl_c_aborts_the_device_and_waits(lab: Lab) -> None:
    with connect(lab.address) as client, client.monitor("STAGE.count") as count:
        before = count.get(5).value
        with script(lab, "hold") as child:
            assert count.get(20).value == before + 1
            assert client["STAGE"].state == "Running"
            child.send_signal(signal.SIGINT)
            _, text = child.communicate(timeout=20)
            assert client["STAGE"].state in ("Aborting", "Idle"), "when the script has ended, so has the call"
            eventually(lambda: client["STAGE"].state == "Idle", "the abort has ended, behind the call (rule 20)")
    assert child.returncode in (130, -signal.SIGINT)
    assert "STAGE.hold: abort sent, waiting for its end; interrupt again to stop waiting" in text
    assert "KeyboardInterrupt" in text
    assert "STAGE.hold: ended with Aborted" in text


def test_a_second_ctrl_c_stops_waiting(lab: Lab) -> None:
    """The device disobeys for a second; the script does not wait for that."""
    with connect(lab.address) as client, client.monitor("STAGE.count") as count:
        before = count.get(5).value
        with script(lab, "disobey") as child:
            assert count.get(20).value == before + 1
            child.send_signal(signal.SIGINT)
            assert child.stderr is not None
            assert "abort sent" in child.stderr.readline()
            child.send_signal(signal.SIGINT)
            _, text = child.communicate(timeout=20)
        client["STAGE"].abort()
    assert child.returncode in (130, -signal.SIGINT)
    assert "STAGE.disobey: not waited for any longer; it may still be running" in text


def test_a_script_that_closes_nothing_ends_quietly(lab: Lab) -> None:
    text = (
        "import sys; from macduff.client import connect; client = connect(sys.argv[1]); stage = client['STAGE'];"
        "client.subscribe('STAGE.position', lambda reading: None); stage.hold.start(); print(stage.velocity > 0)"
    )
    with connect(lab.address) as client:
        child = subprocess.run(
            [sys.executable, "-W", "error", "-c", text, lab.address],
            capture_output=True,
            text=True,
            timeout=20,
        )
        client["STAGE"].abort()
    assert (child.returncode, child.stdout, child.stderr) == (0, "True\n", "")
