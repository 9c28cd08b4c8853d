"""A script on a terminal, interrupted with SIGINT while it waits for a call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from macduff.client import connect
from macduff.limits import DEFAULTS

if TYPE_CHECKING:
    from .conftest import Lab

SCRIPT = """
import sys
from macduff.client import connect

with connect(sys.argv[1]) as client:
    getattr(client["STAGE"], sys.argv[2])()
"""


def script(lab: Lab, method: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, lab.address, method], stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def test_one_ctrl_c_aborts_the_device_and_waits(lab: Lab) -> None:
    with connect(lab.address) as client, client.monitor("STAGE.count") as count:
        before = count.get(5).value
        child = script(lab, "hold")
        assert count.get(20).value == before + 1
        assert client["STAGE"].state == "Running"
        child.send_signal(signal.SIGINT)
        _, text = child.communicate(timeout=20)
        assert client["STAGE"].state == "Idle", "when the script has ended, so has the call"
        client["STAGE"].abort()
    assert child.returncode in (130, -signal.SIGINT)
    assert "STAGE.hold: abort sent, waiting for its end; interrupt again to stop waiting" in text
    assert "KeyboardInterrupt" in text
    assert "STAGE.hold: ended with Aborted" in text


def test_a_second_ctrl_c_stops_waiting(lab: Lab) -> None:
    """The device disobeys for a second; the script does not wait for that."""
    with connect(lab.address) as client, client.monitor("STAGE.count") as count:
        before = count.get(5).value
        child = script(lab, "disobey")
        assert count.get(20).value == before + 1
        child.send_signal(signal.SIGINT)
        assert child.stderr is not None
        line = child.stderr.readline()
        assert "abort sent" in line
        child.send_signal(signal.SIGINT)
        _, text = child.communicate(timeout=20)
        state = client["STAGE"].state
        client["STAGE"].abort()
    assert child.returncode in (130, -signal.SIGINT)
    assert "STAGE.disobey: not waited for any longer; it may still be running" in text
    assert state == "Aborting"
    assert DEFAULTS.abort_grace > 1


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
