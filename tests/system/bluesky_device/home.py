"""The laboratory, in a process that may be killed, and a RunEngine that remembers its documents."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bluesky import RunEngine

Connect = Callable[..., Any]
ROOT = Path(__file__).parents[3]
OWN = (("Slide", "SLIDE"), ("Spectrometer", "SPEC"))
"""Classes of `tagged`, and names of their devices."""
LINKS = ("ws", "pva", "tango")
"""Ways to a device, by the scheme of its address."""
by_tango = pytest.mark.allow_files("socket:*", "anon_inode:*")  # omniORB's connections, which it closes when it likes


def ways(*values: Any) -> list[Any]:
    """Parameters for a test: each way alone, or with the values behind it."""
    return [pytest.param(link, *values, marks=by_tango if link == "tango" else ()) for link in LINKS]


def check_steps(seen: list[int], expected: range, link: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each step once, in order. The server of PVAccess merges what comes quicker than it tells it: that is told of."""
    told = [record.getMessage() for record in caplog.records if record.name == "macduff.bluesky"]
    if link == "pva" and len(seen) < len(expected):
        assert seen == sorted({*seen}) and {*seen} <= {*expected} and seen[-1] == expected[-1]
        text = f"expected {len(expected)} steps, got {len(seen)}: they came quicker than they could be told"
        assert [line.partition(": ")[2] for line in told] == [text]
    else:
        assert (seen, told) == ([*expected], [])


each_way = pytest.mark.parametrize("link", ways())


class Engine:
    """A RunEngine, and the documents that it gave."""

    def __init__(self) -> None:
        self.RE = RunEngine({}, context_managers=[])
        self.documents: list[tuple[str, dict[str, Any]]] = []
        self.RE.subscribe(lambda name, document: self.documents.append((name, document)))  # type: ignore[no-untyped-call]  # it has no types

    def __call__(self, plan: Any) -> None:
        self.RE(plan)

    def pause(self) -> None:
        """Ask for a pause, from another thread than the plan's."""
        self.RE.request_pause()  # type: ignore[no-untyped-call]  # it has no types

    def resume(self) -> None:
        """Go on with a paused plan."""
        self.RE.resume()  # type: ignore[no-untyped-call]  # it has no types

    def abort(self) -> None:
        """End a paused plan."""
        self.RE.abort()  # type: ignore[no-untyped-call]  # it has no types

    def named(self, name: str) -> list[dict[str, Any]]:
        return [document for kind, document in self.documents if kind == name]

    def data(self, key: str) -> list[Any]:
        """What the events have of that key, pages included."""
        found = [event["data"][key] for event in self.named("event") if key in event["data"]]
        return found + [value for page in self.named("event_page") for value in page["data"].get(key, ())]


class Demo:
    """Four devices of `macduff demo` and two more on all servers: on free ports first, on the same ones later."""

    def __init__(self, folder: Path, database: str = "") -> None:
        """database: of Tango, "host:port"; else there is none."""
        self._database = database
        self._announced = folder / "announced.json"
        self._configuration = folder / "lab.json"
        self._ports: dict[str, int] = dict.fromkeys((*LINKS, "search"), 0)
        self.environment: dict[str, str] = {}
        """In which clients of EPICS find it."""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; returns when all servers listen."""
        self._configuration.write_text(json.dumps(self._laboratory()))
        command = [sys.executable, "-m", "macduff", "serve", str(self._configuration), "--announce"]
        process = self._process = subprocess.Popen(
            [*command, str(self._announced)], stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said and process.poll() is None, said
        announced = json.loads(self._announced.read_text())
        for link, server in zip(LINKS, ("web", "pva", "tango"), strict=True):
            self._ports[link] = int(announced[server]["address"].rpartition(":")[2])
        self.environment = announced["pva"]["environment"]
        self._ports["search"] = int(announced["pva"]["environment"]["EPICS_PVA_BROADCAST_PORT"])

    def _laboratory(self) -> dict[str, Any]:
        ports = self._ports
        devices = [("Motor", "X"), ("Motor", "Y"), ("Detector", "DET"), ("Thermometer", "THERMO")]
        devices += [(f"tests.system.bluesky_device.tagged.{kind}", name) for kind, name in OWN]
        return {
            "process": {"name": "demo"},
            "servers": {
                "web": {"port": ports["ws"]},
                "pva": {"port": ports["pva"], "search_port": ports["search"]},
                "tango": {"port": ports["tango"], "database": self._database},
            },
            "devices": [{"class": cls, "name": name} for cls, name in devices],
        }

    def address(self, link: str, device: str = "") -> str:
        """Of a device, or of the whole by its websocket."""
        server = f"{link}://127.0.0.1:{self._ports[link]}"
        if link == "tango" and self._database:
            return f"tango://{self._database}/demo/macduff/{device.lower()}"
        if link == "tango":
            return f"{server}/demo/macduff/{device.lower()}#dbase=no"
        return f"{server}/{device}" if device else server

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate(timeout=30)
        self._process = None
        self._announced.unlink()

    def stop(self) -> None:
        """End it as a user would; it has nothing to complain of."""
        if self._process is not None:
            self._process.terminate()
            _, said = self._process.communicate(timeout=30)
            assert self._process.returncode == 0, said
