"""CommsConnector: everything made within its `with` is connected at the end of it, all at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

from bluesky.run_engine import call_in_bluesky_event_loop, get_bluesky_event_loop, in_bluesky_event_loop
from ophyd_async.core import DEFAULT_TIMEOUT, NotConnectedError

__all__ = ["CommsConnector", "call_in_loop", "connect_all", "running"]


class Connectable(Protocol):
    """What can be connected: a comm."""

    def connect(self, mock: bool = ..., timeout: float = ...) -> Awaitable[None]: ...


class CommsConnector:
    """Connects the comms that are made in its `with` or `async with`, when that ends.

    `with` connects in the RunEngine's loop, so a RunEngine is there before; `async with` in the loop that runs it,
    which must be the RunEngine's if plans are to use the comms. With `sim_mode` nothing real is looked for: signals
    hold what is put to them. `timeout` is in seconds, for each comm. Where comms fail, one NotConnectedError lists them
    and why; the others are connected. If the body fails, nothing is connected.
    """

    _open: ClassVar[ContextVar[CommsConnector | None]] = ContextVar("CommsConnector", default=None)

    def __init__(self, sim_mode: bool = False, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.sim_mode, self.timeout = sim_mode, timeout
        self._comms: list[Connectable] = []
        self._tokens: list[Token[CommsConnector | None]] = []

    @classmethod
    def schedule_connect(cls, comm: Connectable) -> None:
        """Have the innermost `with` connect it; outside of all it stays as it is until `await comm.connect()`."""
        connector = cls._open.get()
        if connector is not None:
            connector._comms.append(comm)

    @classmethod
    def in_sim_mode(cls) -> bool:
        """Whether what is made now will be simulated."""
        connector = cls._open.get()
        return connector is not None and connector.sim_mode

    async def connect(self) -> None:
        """Connect what was made so far, without waiting for the end of the `with`."""
        comms, self._comms = self._comms, []
        await connect_all(comms, self.sim_mode, self.timeout)

    def __enter__(self) -> Self:
        if in_bluesky_event_loop():
            raise RuntimeError("CommsConnector: expected `with` outside of the RunEngine's loop, got it in a plan or a "
                               "coroutine; use `async with`, or make the devices before the plan")  # fmt: skip
        return self._begin()

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if error_type is not None or not self._comms:
            self._comms.clear()
            return
        call_in_loop(self.connect())

    async def __aenter__(self) -> Self:
        return self._begin()

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if error_type is not None:
            self._comms.clear()
            return
        await self.connect()

    def _begin(self) -> Self:
        self._tokens.append(self._open.set(self))
        return self

    def _end(self) -> None:
        self._open.reset(self._tokens.pop())


def call_in_loop(work: Any) -> Any:
    """Have the RunEngine's loop do it and wait for that; NotConnectedError if there is no such loop."""
    loop: asyncio.AbstractEventLoop | None = get_bluesky_event_loop()  # type: ignore[no-untyped-call]  # Bluesky's
    if loop is None or not loop.is_running():
        work.close()
        raise NotConnectedError(
            "bluesky: expected a RunEngine, whose loop connects and talks to devices, got none; "
            "make one first (`RE = RunEngine()`), or use `async with` and `await` in a loop of yours"
        )
    return call_in_bluesky_event_loop(work)


def running() -> bool:
    """Whether this is called in a loop, where nothing may block."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def connect_all(comms: list[Connectable], sim_mode: bool, timeout: float) -> None:
    """Connect them at the same time; one NotConnectedError for all that failed, when all were tried."""
    results = await asyncio.gather(
        *(comm.connect(mock=sim_mode, timeout=timeout) for comm in comms), return_exceptions=True
    )
    errors: dict[str, Exception] = {}
    for comm, result in zip(comms, results, strict=True):
        if isinstance(result, Exception):
            name, number = repr(comm), 2
            while name in errors:
                name, number = f"{comm!r} ({number})", number + 1
            errors[name] = result
        elif isinstance(result, BaseException):
            raise result
    if errors:
        raise NotConnectedError(errors)
