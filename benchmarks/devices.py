"""The devices that are measured."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import numpy

from macduff import Attribute, Device, VArray, VDouble, VInt, publish_method

__all__ = ["Burner", "Camera", "Hardware", "Slow", "Source", "Stage"]

POSITION = VDouble(units="mm", precision=4, display=(-10, 10))
LATE = 0.1
"""Seconds by which a beat may be late before it is left out."""


class Hardware:
    """Stands for an instrument's own thread: calls `publish` at a steady rate, with a number that grows.

    A sleep that takes too long is made up for. `clock`: the number is the monotonic time in seconds.
    """

    def __init__(self, publish: Callable[[float], object], *, clock: bool = False) -> None:
        self._publish = publish
        self._clock = clock
        self._period = 0.0
        self._on = threading.Event()
        self._thread: threading.Thread | None = None
        self._over = False

    def run_at(self, rate: float) -> None:
        """Begin, go on at another rate (Hz), or with 0 pause."""
        self._period = 1 / rate if rate else 0.0
        (self._on.set if rate else self._on.clear)()
        if rate and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hardware", daemon=True)
            self._thread.start()

    def end(self) -> None:
        self._over = True
        self._on.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        name_threads()
        value, due = 0.0, time.monotonic()
        while True:
            self._on.wait()
            if self._over:
                return
            value += 0.25
            self._publish(time.monotonic() if self._clock else value)
            now = time.monotonic()
            due = max(due, now - LATE) + self._period
            if due > now:
                time.sleep(due - now)


def name_threads() -> None:
    """Tell Linux the names of all threads, as Python 3.14 does by itself, so that their CPU time can be told apart."""
    for thread in threading.enumerate():
        with suppress(OSError):
            Path(f"/proc/self/task/{thread.native_id}/comm").write_text(thread.name[:15])


class Source(Device):
    """Attributes that hardware updates, all of them at each beat."""

    position = Attribute(POSITION, 0.0, "Where it is")
    rate = Attribute(VDouble(units="Hz"), 0.0, "Beats a second", writable=True)

    def __init__(self, name: str, width: Annotated[int, VInt(control=(1, 1000))] = 1, clock: bool = False) -> None:
        super().__init__(name)
        added = [self.add_attribute(f"a{index}", Attribute(POSITION, 0.0, "One more")) for index in range(1, width)]
        names = [attribute.name for attribute in (self.position, *added)]

        def beat(value: float) -> None:
            self.update(**dict.fromkeys(names, value))

        self._hardware = Hardware(beat if added else self.position.update, clock=clock)

    @rate.on_put
    def _set_rate(self, rate: float) -> None:
        self._hardware.run_at(rate)
        self.rate.update(rate)

    def do_close(self) -> None:
        self._hardware.end()


class Camera(Device):
    """Pictures of 1 Mpixel, of which eight are shown in turn."""

    image = Attribute(VArray("uint16", 2), description="What it sees")
    rate = Attribute(VDouble(units="Hz"), 0.0, "Pictures a second", writable=True)

    def __init__(self, name: str, size: Annotated[int, VInt(control=(2, 4096))] = 1000) -> None:
        super().__init__(name)
        rows, columns = numpy.mgrid[:size, :size]
        pictures = [((rows + columns + step * size // 4) % size).astype("uint16") for step in range(8)]
        turn = itertools.cycle(pictures)
        self._hardware = Hardware(lambda _: self.image.update(next(turn), owned=True))

    @rate.on_put
    def _set_rate(self, rate: float) -> None:
        self._hardware.run_at(rate)
        self.rate.update(rate)

    def do_close(self) -> None:
        self._hardware.end()


class Stage(Device):
    """A linear stage; `move` goes to the target at once."""

    position = Attribute(POSITION, 0.0, "Where it is")
    velocity = Attribute(VDouble(units="mm/s", control=(0.01, 5)), 1.0, "How fast it goes", writable=True)
    gain = Attribute(VDouble(), 1.0, "Put by code of the device", writable=True)

    @gain.on_put
    def _set_gain(self, gain: float) -> None:
        self.gain.update(gain)

    @publish_method
    def move(self, target: float) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        self.position.update(target)
        return target


class Slow(Device):
    """Works until it is aborted, and takes a while to stop."""

    @publish_method
    def work(self) -> None:
        """Work for ever."""
        while True:
            self.wait(0.02)

    def do_abort(self) -> None:
        time.sleep(0.02)


class Burner(Device):
    """Keeps the interpreter busy with pure Python in threads of its own."""

    threads = Attribute(VInt(control=(0, 64)), 0, "How many threads burn CPU time", writable=True)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._over: list[threading.Event] = []

    @threads.on_put
    def _set_threads(self, count: int) -> None:
        while len(self._over) < count:
            over = threading.Event()
            threading.Thread(target=self._burn, args=(over,), name="burner", daemon=True).start()
            self._over.append(over)
        while len(self._over) > count:
            self._over.pop().set()
        self.threads.update(count)

    @staticmethod
    def _burn(over: threading.Event) -> None:
        number = 1
        while not over.is_set():
            for _ in range(1000):
                number = number * 1103515245 + 12345 & 0x7FFFFFFF

    def do_close(self) -> None:
        for over in self._over:
            over.set()
