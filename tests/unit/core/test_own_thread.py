"""Threads of their own and coroutines (rules 8, 21)."""

from __future__ import annotations

import asyncio
import threading

import pytest

from macduff import Attribute, Device, MacduffError, Process, VInt, VString, publish_method
from tests.support.play import BACKENDS, Client, Inbox, play

REAL = [name for name in BACKENDS if name != "simulated"]  # wait_async needs an asyncio loop, which has its own time


class Odd(LookupError):
    """An error of a vendor's SDK."""


class Sdk:
    """Works only in the thread that made it."""

    made = 0

    def __init__(self) -> None:
        Sdk.made += 1
        if Sdk.made == 1:
            raise OSError("try again")
        self.thread = threading.get_ident()

    def read(self, number: int) -> int:
        assert threading.get_ident() == self.thread
        if number < 0:
            raise Odd("no such register")
        return number + 1

    def slow(self) -> None:
        threading.Event().wait(0.3)


class Driver(Device):
    """Uses it."""

    begun = Attribute(VInt(), 0)
    caught = Attribute(VString(), "")

    def do_connect(self) -> None:
        self._sdk = self.own_thread(Sdk)

    @publish_method
    def read(self, number: int) -> int:
        """Read there."""
        try:
            return self._sdk.read(number)
        except Odd as error:
            self.caught.update(f"{error}")
            raise

    @publish_method
    def slow(self) -> None:
        """Takes long there."""
        self.begun.update(1)
        self._sdk.slow()

    @publish_method
    def coroutine(self, seconds: float) -> int:
        """Wait for a coroutine."""
        return self.wait_async(self._sleep(seconds))

    async def _sleep(self, seconds: float) -> int:
        self._cancelled = False
        self.begun.update(self.begun.value + 1)
        try:
            if seconds < 0:
                raise Odd("no such time")
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self._cancelled = True
            raise
        return 7

    @publish_method
    def catches(self) -> str:
        """Errors keep their type."""
        try:
            self.wait_async(self._sleep(-1))
        except Odd as error:
            return f"Odd {error}"
        return ""


def driver(process: Process) -> Driver:
    Sdk.made = 0
    device = Driver("D")
    process.add(device)
    inbox = Inbox(process)
    process.listen(inbox, "D", initial_value=True)
    inbox.until(lambda _: not device._machine.connecting)
    return device


@pytest.mark.parametrize("backend", REAL)
def test_an_object_in_a_thread_of_its_own(backend: str) -> None:
    """Design 8 of authors: results and errors come back as they were; a failed opening leaves no thread."""

    def scenario(process: Process) -> None:
        device = driver(process)
        assert Sdk.made == 2
        assert len(device._helpers) == 1
        view = process.view("D")
        assert view.read(4) == 5
        with pytest.raises(MacduffError, match="Odd: no such register"):
            view.read(-1)
        assert view.caught == "no such register"
        call = Client(process).call("D", "slow")
        inbox = Inbox(process)
        process.listen(inbox, "D", initial_value=True)
        inbox.until(lambda _: device.begun.value == 1)
        view.abort()  # at once: the call does not wait for its thread
        assert call.kind() == "Aborted"
        assert view.state.value == "Idle"
        assert view.read(1) == 2

    play(backend, scenario)


@pytest.mark.parametrize("backend", REAL)
def test_coroutines(backend: str) -> None:
    """Their errors keep their type; an abort cancels them."""

    def scenario(process: Process) -> None:
        device = driver(process)
        view = process.view("D")
        assert view.coroutine(0.0) == 7
        assert view.catches() == "Odd no such time"
        begun = device.begun.value
        call = Client(process).call("D", "coroutine", seconds=1000)
        inbox = Inbox(process)
        process.listen(inbox, "D", initial_value=True)
        inbox.until(lambda _: device.begun.value > begun)
        view.abort()
        assert call.kind() == "Aborted"
        for _ in range(200):
            if device._cancelled:
                return
            process.backend.sleep(0.01)
        raise AssertionError("the coroutine goes on")

    play(backend, scenario)
