"""The whole path: C IOC and instrument on TCP -> running devices in `macduff serve` -> websocket client and HTTP.

Three processes beside this one: the IOC is killed and restarted in mid-run, the instrument loses its connection.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from macduff import MacduffError, Severity
from macduff.client import Client, connect
from tests.support import eventually
from tests.system.bench import Bench
from tests.system.ioc import Ioc, channel_access

EXAMPLES = Path(__file__).parents[2] / "examples"

LAB = """
servers:
  web: {{port: 0}}
devices:
  - {{class: cameras.Camera, name: CAM, prefix: "T:"}}
  - {{class: supply.Supply, name: PSU, address: "{address}"}}
"""


@contextmanager
def served(folder: Path, address: str) -> Iterator[str]:
    """`macduff serve` of camera and supply in a process of its own; where it is."""
    (folder / "cameras.py").write_text((EXAMPLES / "epics" / "devices.py").read_text())
    (folder / "supply.py").write_text((EXAMPLES / "supply" / "supply.py").read_text())
    (folder / "lab.yaml").write_text(LAB.format(address=address))
    announced = folder / "announced.json"
    command = [sys.executable, "-m", "macduff", "serve", "lab.yaml", "--announce", str(announced)]
    log = (folder / "log").open("w")
    process = subprocess.Popen(command, cwd=folder, env={**os.environ}, stdout=log, stderr=log)
    try:
        eventually(lambda: announced.exists() or process.poll() is not None, "serve to listen", 20.0)
        assert process.poll() is None, (folder / "log").read_text()
        yield json.loads(announced.read_text())["web"]["environment"]["MACDUFF_ADDRESS"]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(20) == 0, (folder / "log").read_text()
        finally:
            process.kill()
            process.wait()
            log.close()


def severity(client: Client, path: str) -> Severity:
    device, _, attribute = path.rpartition(".")
    found: Severity = client[device].attributes[attribute].alarm.severity
    return found


@pytest.mark.timeout(150)
def test_from_hardware_to_client_and_back(tmp_path: Path) -> None:
    """An IOC that dies in mid-run and comes back, an instrument that hangs up: seen, told, healed, used again."""
    with (
        channel_access() as (port,),
        Ioc(EXAMPLES / "epics" / "camera.db", port, "P=T:") as ioc,
        Bench() as bench,
        served(tmp_path, bench.address) as address,
        connect(address) as client,
    ):
        camera, supply = client["CAM"], client["PSU:OUT1"]
        eventually(lambda: severity(client, "CAM.counter") is Severity.NONE, "the camera's PVs", 30.0)
        eventually(lambda: severity(client, "PSU:OUT1.voltage") is Severity.NONE, "the supply", 10.0)

        camera.configure(exposure=0.02, frames=5)
        camera.run()
        assert (camera.completed_steps, camera.state) == (5, "Ready")
        supply.on = True
        supply.ramp(target=1.0, rate=5.0)
        eventually(lambda: supply.measured == pytest.approx(1.0, abs=0.1), "what is measured")

        camera.configure(exposure=0.05, frames=1000)
        with client.monitor("CAM.completed_steps") as steps:
            run = camera.run.start()
            for reading in steps:
                if reading.value >= 3:
                    break
            ioc.kill()
            with pytest.raises(MacduffError):
                run.result(timeout=40)
        assert camera.state == "Fault"
        eventually(lambda: severity(client, "CAM.counter") is Severity.INVALID, "INVALID", 20.0)
        assert "disconnected" in camera.attributes["counter"].alarm.message.lower()
        assert severity(client, "PSU:OUT1.voltage") is Severity.NONE  # one that dies takes no other with it

        ioc.start()
        eventually(lambda: severity(client, "CAM.counter") is Severity.NONE, "the healed camera", 60.0)
        camera.reset()
        camera.configure(exposure=0.02, frames=3)
        camera.run()
        assert (camera.completed_steps, camera.state) == (3, "Ready")

        bench.order(close=True)
        eventually(lambda: supply.voltage == pytest.approx(1.0), "the supply after a lost connection", 20.0)
        supply.voltage = 2.5
        page = address.replace("ws://", "http://") + "/api/PSU:OUT1/voltage/value"
        with urllib.request.urlopen(page, timeout=5) as answer:
            assert json.load(answer) == 2.5
