"""The beamline of the simulations on real threads, at a switch interval of a microsecond (rules 16 to 25).

What is held against the rules is the same; only here the interpreter chooses the order, so a failure may not return.
"""

from __future__ import annotations

import itertools
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from macduff import DState, MacduffError, Process
from tests.simulated.core.beamline_devices import Axis, Scan
from tests.simulated.core.observing import Observer, Pairs
from tests.support.play import Client, Pending
from tests.unit.core.devices import Counter

SECONDS = 18.0
PATIENCE = 60.0
"""A reply that takes so long counts as lost."""


@pytest.fixture
def fine_switching() -> Iterator[None]:
    """Other threads come in after every microsecond, and nothing is logged of what is provoked."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    sys.setswitchinterval(before)


class Lab:
    """The devices, who listens to them, and every request that was made."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.pending: list[Pending] = []
        self.broken: list[BaseException] = []
        self.kinds: dict[str, int] = {}
        self.over = threading.Event()
        self._adding = threading.Lock()
        process.add(Axis("X"))
        process.add(Counter("DET"))
        for name in ("X", "DET"):
            self.observe(name)
        process.listen(Checked(self, Pairs()), "X")
        self.add_scan()

    def add_scan(self) -> None:
        x, det = self.process.devices["X"], self.process.devices["DET"]
        assert isinstance(x, Axis)
        assert isinstance(det, Counter)
        self.process.add(Scan("SCAN", x=x, det=det))
        self.observe("SCAN")

    def observe(self, name: str) -> None:
        self.process.listen(Checked(self, Observer(name)), name, initial_value=True, every=True)

    def ask(self, device: str, method: str, **arguments: Any) -> str:
        pending = Client(self.process).call(device, method, **arguments)
        return self._answer(f"{device}.{method}", pending)

    def put(self, device: str, **values: Any) -> str:
        return self._answer(f"put of {device}", Client(self.process).put(device, **values))

    def _answer(self, what: str, pending: Pending) -> str:
        self.pending.append(pending)
        kind = pending.kind(PATIENCE)
        key = f"{what} {kind}"
        self.kinds[key] = self.kinds.get(key, 0) + 1
        return kind

    def remove(self) -> None:
        """By force, and a new one of that name comes."""
        with self._adding:
            self.process.remove("SCAN", force=True)
            self.add_scan()

    def configure_and_run(self) -> None:
        if self.ask("SCAN", "configure", points=3) == "ok":
            self.ask("SCAN", "run")

    def pause(self, rewind: int) -> None:
        if self.ask("SCAN", "pause") == "ok":
            if rewind:
                self.ask("SCAN", "rewind", steps=rewind)
            self.ask("SCAN", "resume")

    def abort(self) -> None:
        if self.ask("SCAN", "abort") == "ok":
            self.ask("SCAN", "reset")

    def friendly(self) -> list[Callable[[], object]]:
        """What clients do that lets the others do their work."""
        return [self.configure_and_run, lambda: self.pause(0), lambda: self.pause(1)]

    def rude(self) -> list[Callable[[], object]]:
        """What ends, or refuses, what others do."""
        return [
            self.abort,
            lambda: self.ask("DET", "abort"),
            lambda: self.ask("X", "abort"),
            lambda: self.ask("X", "move", target=0.4),
            lambda: self.put("X", gain=3),
            lambda: self.put("SCAN", points=2),
            self.remove,
        ]

    def client(self, seed: int) -> None:
        """One client thread, until the time is over or something broke."""
        dice = Random(seed)
        friendly, rude = self.friendly(), self.rude()
        try:
            while not self.over.is_set():
                dice.choice(rude if dice.random() < 0.1 else friendly)()
                time.sleep(dice.choice((0.0, 0.001, 0.01, 0.03)))
        except BaseException as error:
            self.broken.append(error)
            self.over.set()

    def look(self) -> None:
        """Who reads at any time sees pairs whole (rule 4) and may ask for everything as data."""
        x = self.process.devices["X"]
        try:
            for number in itertools.count():
                if self.over.wait(0.002):
                    return
                both = x.snapshot("at", "of")
                assert both["at"].value == both["of"].value, f"half a set: {both}"
                if number % 50 == 0:
                    self.process.to_dict()
        except BaseException as error:
            self.broken.append(error)
            self.over.set()

    def settle(self) -> None:
        """Each request was answered once; nothing is held or left; the beamline works."""
        assert not self.broken, self.broken
        doubled = [pending.what for pending in self.pending if len(pending.outcomes) != 1]
        assert not doubled, f"expected one outcome each, got {doubled}"
        for device in self.process.devices.values():
            machine = device._machine
            assert not machine.zombies, f"{device.name}: {machine.zombies}"
        self.ask("SCAN", "abort")
        self.ask("SCAN", "reset")
        assert self.ask("SCAN", "configure", points=2) == "ok"
        assert self.ask("SCAN", "run") == "ok"
        scan = self.process.devices["SCAN"]
        assert isinstance(scan, Scan)
        assert scan._points == [0, 1]
        self.at_rest()

    def at_rest(self) -> None:
        deadline = time.monotonic() + 5
        while left := self._left():
            assert time.monotonic() < deadline, left
            time.sleep(0.01)

    def _left(self) -> list[object]:
        process = self.process
        left: list[object] = []
        for device in process.devices.values():
            machine = device._machine
            if machine.state not in (DState.Idle, DState.Ready) or device._lock.holder:
                left.append((device, device._lock.holder))
            left += [entry for entry in (machine.place, machine.successor, *machine.calls) if entry is not None]
            left += machine.cycle.waiting()
        if process._slots._free != process.limits.runnable_calls or process._manager.open:
            left.append((process._slots._free, process._manager.open))
        return left


class Checked:
    """A listener whose complaint ends the test, since the Process itself goes on."""

    def __init__(self, lab: Lab, queue: Any) -> None:
        self.lab = lab
        self.queue = queue

    def put(self, item: Any) -> None:
        try:
            self.queue.put(item)
        except AssertionError as error:
            self.lab.broken.append(error)
            self.lab.over.set()


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_several_clients_at_once(fine_switching: None) -> None:
    """No illegal transition, no reply lost or doubled, no change of a dead call, no deadlock, nothing left."""
    with Process() as process:
        lab = Lab(process)
        threads = [threading.Thread(target=lab.client, args=(seed,), name=f"client {seed}") for seed in range(4)]
        threads.append(threading.Thread(target=lab.look, name="reader"))
        for thread in threads:
            thread.start()
        lab.over.wait(SECONDS)
        lab.over.set()
        for thread in threads:
            thread.join(PATIENCE + 10)
            assert not thread.is_alive(), f"{thread.name} hangs"
        lab.settle()
    print(f"\n{len(lab.pending)} requests: {sorted(lab.kinds.items())}")
    assert lab.kinds.get("SCAN.run ok", 0) > 3
    assert {"SCAN.run Aborted", "SCAN.pause ok", "SCAN.configure Busy"} & set(lab.kinds)


def test_add_and_remove_from_many_threads(fine_switching: None) -> None:
    """Rules 25, 34: devices come and go while others list them; nobody sees a half of it."""
    with Process() as process:
        wrong: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(25):
                    name = f"D{turn % 3}"
                    try:
                        process.add(Counter(name))
                        process.remove(name, force=bool(number % 2))
                    except (ValueError, MacduffError):
                        continue  # somebody else has it
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            listed = process.devices["."].to_dict()["attributes"]["blocks"]["value"]
            assert len(set(listed["mri"])) == len(listed["mri"])
            process.to_dict()
        assert not wrong
        for name in set(process.devices) - {"."}:
            process.remove(name, force=True)
