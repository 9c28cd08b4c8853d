"""The laboratory, in a process that may be killed, and a RunEngine that remembers its documents."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bluesky import RunEngine

Connect = Callable[..., Any]


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
        found = [event["data"][key] for event in self.named("event")]
        return found + [value for page in self.named("event_page") for value in page["data"][key]]


class Demo:
    """`macduff demo`: on a free port the first time, on the same one later."""

    def __init__(self, announced: Path) -> None:
        self._announced = announced
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start it; its websocket."""
        command = [sys.executable, "-m", "macduff", "demo", "--port", self._port, "--announce", str(self._announced)]
        process = self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        assert "laboratory is at" in process.stderr.readline()
        address: str = json.loads(self._announced.read_text())["web"]["environment"]["MACDUFF_ADDRESS"]
        self._port = address.rpartition(":")[2]
        return address

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self._port}"

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate(timeout=30)
        self._process = None

    def stop(self) -> None:
        """End it as a user would; it has nothing to complain of."""
        if self._process is not None:
            self._process.terminate()
            _, said = self._process.communicate(timeout=30)
            assert self._process.returncode == 0, said
