"""What the tests of the Channel Access server use: a device of every type, and a client in another process."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from enum import Enum
from pathlib import Path
from typing import Any, Self

import numpy as np

from macduff import (
    Attribute,
    Device,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VMap,
    VString,
    VTable,
    publish_method,
)
from macduff.values import Table

__all__ = ["Client", "Everything", "Mode", "ServerProcess", "udp_socket"]

HERE = Path(__file__).parent
PATIENCE = 10.0


class Mode(Enum):
    OFF = "off"
    SLOW = "slow"
    FAST = "fast"


class Everything(Device):
    """One attribute of each type."""

    number = Attribute(
        VDouble(units="mm", precision=3, control=(-5, 5), display=(-6, 6), warning=(-3, 3), alarm=(-4, 4)),
        1.5,
        "a number with everything",
        writable=True,
    )
    single = Attribute(VFloat(), 0.25, writable=True)
    integer = Attribute(VInt(), 3, writable=True)
    small = Attribute(VInt(16), -7, writable=True)
    flag = Attribute(VBool(), False, writable=True)
    mode = Attribute(VEnum(Mode), Mode.OFF, writable=True)
    many = Attribute(VEnum([f"state {n}" for n in range(20)]), "state 0", writable=True)
    text = Attribute(VString(), "hello", writable=True)
    wave = Attribute(VArray(VDouble()), np.arange(3.0), writable=True)
    flags = Attribute(VArray(VBool()), np.array([True, False]), writable=True)
    words = Attribute(VArray(VString()), ("a", "b"), writable=True)
    image = Attribute(VArray("uint16", shape=(2, 3)), np.arange(6, dtype="uint16").reshape(2, 3), writable=True)
    table = Attribute(
        VTable({"x": VArray(VDouble()), "name": VArray(VString())}),
        Table({"x": np.array([1.0, 2.0]), "name": ("a", "b")}),
        writable=True,
    )
    pair = Attribute(VMap({"x": VDouble(), "y": VInt()}), {"x": 1.0, "y": 2}, writable=True)
    shown = Attribute(VDouble(), 4.25, "only read")
    counter = Attribute(VInt(32), 0, "how often `tick` was called")

    @publish_method
    def tick(self, by: int = 1) -> int:
        """Count."""
        self.counter.update(self.counter.value + by)
        return self.counter.value

    @publish_method
    def linger(self) -> None:
        """Until `let_go`."""
        while self.shown.value != 1.0:
            self.report_wait("until somebody lets go")

    @publish_method(busy="allow")
    def let_go(self) -> None:
        self.shown.update(1.0)

    @publish_method
    def fail(self) -> None:
        raise RuntimeError("the pump is hot")

    @publish_method
    def needs(self, what: float) -> float:
        return what


class Client:
    """The client of aioca_child.py."""

    def __init__(self, environment: dict[str, str], repeater: socket.socket | None = None) -> None:
        """repeater: where beacons arrive, when they are to reach it."""
        self._repeater = repeater or udp_socket()  # libca would try to start one
        self._registered: set[Any] = set()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("EPICS_")}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "aioca_child.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**clean, "EPICS_CA_REPEATER_PORT": str(self._repeater.getsockname()[1]), **environment},
        )
        self._data = b""
        self._events: list[dict[str, Any]] = []
        self._answers: dict[int, dict[str, Any]] = {}
        self._number = 0
        self._until(lambda: any("ready" in event for event in self._events))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self._repeater.close()

    def begin(self, do: str, **request: Any) -> int:
        """Ask; the answer is waited for with `end`."""
        self._number += 1
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"id": self._number, "do": do, **request}).encode() + b"\n")
        self.process.stdin.flush()
        return self._number

    def end(self, number: int, timeout: float = PATIENCE) -> dict[str, Any]:
        self._until(lambda: number in self._answers, timeout)
        return self._answers.pop(number)

    def ended(self, number: int) -> bool:
        """Whether the answer is there by now."""
        self._read(0)
        return number in self._answers

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        return self.end(self.begin(do, **request))

    def get(self, pv: str, **options: Any) -> Any:
        answer = self.ask("get", pv=pv, **options)
        assert "error" not in answer, answer
        return answer["value"]

    def put(self, pv: str, value: Any, **options: Any) -> int | None:
        """None when it was done, else the code of the refusal."""
        answer = self.ask("put", pv=pv, value=value, **options)
        assert "error" not in answer or answer["code"] is not None, answer
        return answer.get("code")

    def monitor(self, pv: str, **options: Any) -> None:
        self.ask("monitor", pv=pv, **options)

    def event(self, name: str, timeout: float = PATIENCE, **wanted: Any) -> dict[str, Any]:
        """The next event of a monitor that is as wanted; those before it are dropped."""

        def find() -> dict[str, Any] | None:
            for at, event in enumerate(self._events):
                if event.get("monitor") == name and all(event.get(key) == value for key, value in wanted.items()):
                    self._events = [
                        other for other in self._events[:at] if other.get("monitor") != name
                    ] + self._events[at + 1 :]
                    return event
            return None

        found: dict[str, Any] = {}

        def there() -> bool:
            found.update(find() or {})
            return bool(found)

        self._until(there, timeout, f"{name} {wanted}")
        return found

    def events(self, name: str) -> list[Any]:
        """The values that have come of a monitor, and are not taken yet."""
        self._read(0)
        return [event["value"] for event in self._events if event.get("monitor") == name and event.get("ok")]

    def _until(self, condition: Any, timeout: float = PATIENCE, what: str = "an answer") -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{what}: not within {timeout} s; came: {self._events[-5:]}")
            self._read(left)

    def _read(self, timeout: float) -> None:
        assert self.process.stdout is not None
        sources: list[Any] = [self.process.stdout, self._repeater]
        ready = select.select(sources, [], [], timeout)[0]
        if self._repeater in ready:
            self._repeat()
        if self.process.stdout not in ready:
            return
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        if not data:
            raise AssertionError("the client has ended")
        *lines, self._data = (self._data + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self._events.append(message)

    def _repeat(self) -> None:
        """Do what the repeater does: clients register, beacons are passed on to them."""
        data, address = self._repeater.recvfrom(1 << 16)
        if data[:2] == b"\0\x18" or not data:
            self._registered.add(address)
            self._repeater.sendto(struct.pack(">HHHHII", 17, 0, 0, 0, 0, 0x7F000001), address)
        elif data[:2] == b"\0\x0d":
            for client in self._registered:
                self._repeater.sendto(data, client)


def udp_socket() -> socket.socket:
    """A socket for datagrams on a free port of 127.0.0.1."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


class ServerProcess:
    """serving.py: a Process with an Everything called E, in a process of its own."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "serving.py"), str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE.parents[2],
        )
        assert self.process.stdout is not None
        self.environment = json.loads(self.process.stdout.readline())
        self._port = int(self.environment["EPICS_CA_SERVER_PORT"])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.communicate("end\n", timeout=PATIENCE)
