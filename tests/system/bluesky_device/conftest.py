"""The demonstration laboratory in a process of its own, and a RunEngine here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bluesky.run_engine import call_in_bluesky_event_loop

from macduff.bluesky import MacduffDevice
from macduff.client import Client, connect
from tests.system.bluesky_device.home import Connect, Demo, Engine


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The laboratory."""
    demo = Demo(tmp_path_factory.mktemp("demo"))
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def address(demo: Demo) -> str:
    """Its websocket."""
    return demo.address("ws")


@pytest.fixture
def link() -> str:
    """How devices are reached; a test that does not say otherwise uses the websocket."""
    return "ws"


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Demo]:
    """A laboratory for one test, which may kill it."""
    demo = Demo(tmp_path)
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Engine]:
    """One for all: the thread of its loop is Bluesky's, and ends with us."""
    engine = Engine()
    yield engine
    loop = engine.RE.loop
    loop.call_soon_threadsafe(loop.stop)
    engine.RE._th.join(5)  # there is no public way to end it
    loop.close()


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    shared_engine.documents.clear()
    yield shared_engine
    if shared_engine.RE.state != "idle":
        shared_engine.RE.abort()  # type: ignore[no-untyped-call]  # it has no types


@pytest.fixture
def connected(engine: Engine, demo: Demo, link: str) -> Iterator[Connect]:
    """connected("DET") is a connected MacduffDevice, named det."""
    made: list[MacduffDevice] = []

    def device(name: str, cls: type[MacduffDevice] = MacduffDevice, **options: Any) -> MacduffDevice:
        found = cls(demo.address(link, name), name.lower(), **options)
        call_in_bluesky_event_loop(found.connect())
        made.append(found)
        return found

    yield device
    for one in made:
        call_in_bluesky_event_loop(one.disconnect())


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """Somebody else's eyes on the laboratory; DET is Idle at the beginning."""
    with connect(address) as found:
        if found["DET"].state not in ("Idle", "Ready", "Fault", "Aborted"):
            found["DET"].abort()
        if found["DET"].state != "Idle":
            found["DET"].reset()
        yield found
