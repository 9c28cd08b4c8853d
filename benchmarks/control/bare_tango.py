"""The yardstick on Tango: PyTango's own server, as anybody would write it."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import tango
from tango.server import Device, attribute, command, run

from .ticker import Ticker

NAME = "bench/macduff/bench"


DEVICES: list[Any] = []


class Bench(Device):  # type: ignore[misc]  # PyTango is not typed
    """The device."""

    def init_device(self) -> None:
        super().init_device()
        self._reading = self._target = 0.0
        self._stamp = time.time()
        self.set_change_event("reading", True, False)
        self.set_state(tango.DevState.ON)
        DEVICES[:] = [self]

    @attribute(dtype=float, unit="mm")  # type: ignore[untyped-decorator]  # the library has no types
    def reading(self) -> tuple[float, float, tango.AttrQuality]:
        return self._reading, self._stamp, tango.AttrQuality.ATTR_VALID

    @attribute(dtype=float, unit="mm")
    def target(self) -> float:  # pyright: ignore[reportRedeclaration]  # PyTango wants one name for both
        return self._target

    @target.write  # type: ignore[no-redef]  # PyTango wants one name for both
    def target(self, value: float) -> None:
        self._target = value

    @command(dtype_out=int)  # type: ignore[untyped-decorator]  # the library has no types
    def tick(self) -> int:
        return 1

    def update(self, value: float) -> None:
        self._reading, self._stamp = value, time.time()
        self.push_change_event("reading", value, self._stamp, tango.AttrQuality.ATTR_VALID)


def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def act(count: int) -> None:
        with tango.EnsureOmniThread():
            DEVICES[0].update(float(count))

    def listening() -> None:
        print(json.dumps({"device": f"tango://127.0.0.1:{port}/{NAME}#dbase=no"}), flush=True)
        threading.Thread(target=Ticker(act).follow_stdin, daemon=True).start()

    run([Bench], ["Bench", "bench", "-nodb", "-dlist", NAME, "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"],
        post_init_callback=listening)  # fmt: skip


if __name__ == "__main__":
    main()
