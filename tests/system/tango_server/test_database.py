"""With a Tango database: clients need nothing but TANGO_HOST and a device's name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import client as c
from . import served
from .remote import LONG, Remote
from .world import World

VALID = "ATTR_VALID"


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """pytango-db, in memory; "127.0.0.1:PORT"."""
    command = [str(Path(sys.executable).with_name("PyDatabaseds")), "--host", "127.0.0.1", "--port", "0"]
    environment = {**os.environ, "PYTANGO_DATABASE_NAME": ":memory:"}
    with subprocess.Popen(
        [*command, "--print-host-port", "2"], env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    ) as program:  # fmt: skip
        assert program.stderr is not None
        found = None
        while found is None:
            line = program.stderr.readline()
            assert line, "the database did not start"
            found = re.search(r"host=(.*), port=(\d+)", line)
        reader = threading.Thread(target=program.stderr.read)
        reader.start()
        try:
            yield f"{found[1]}:{found[2]}"
        finally:
            program.kill()
            reader.join(LONG)


@pytest.fixture
def world(database: str) -> Iterator[World]:
    with Remote({"TANGO_HOST": database}) as client, Remote() as server:
        address = server.call(served.begin, {"A": "Stage", "BL:B-1": "Stage"}, {"database": database})
        assert address == f"tango://{database}"
        assert server.call(served.environment) == ({"TANGO_HOST": database}, None)
        yield World(client, server, address, suffix="")
        server.call(served.end)


def test_by_name_alone(world: World) -> None:
    name = "test/macduff/a"
    assert world.client.call(c.write, name, "target", 1.5) is None
    assert world.client.call(c.read_all, name, "target")[::3] == (1.5, 1.5)
    assert world.client.call(c.read, "test/macduff/bl.b-1", "target") == {"target": 0.0}
    key = world.client.call(c.subscribe, name, "count")
    world.client.call(c.forget, key)
    world.server.call(served.call, "A", "stream", 1000, 1000.0)
    assert world.client.call(c.heard_last, key, (VALID, 1000)) == [(VALID, n) for n in range(1, 1001)]


def test_devices_come_go_and_come_again(world: World) -> None:
    """Registered when they come, deleted when they go; who subscribed finds the new one."""
    new = "test/macduff/new"
    world.server.call(served.add, "Stage", "NEW", "deg")
    assert world.client.call(c.fresh, new, "target", 5.0)[1] < 1.0
    world.client.call(c.eventually, new, "target", 5.0)
    key = world.client.call(c.subscribe, new, "position")
    world.server.call(served.recreate, "Stage", "NEW", "mrad")
    assert world.client.call(c.heard, key, 3)[1][0] == "error"
    world.client.call(c.eventually, new, "target", 5.0)
    assert world.client.call(c.config, new, "position")["unit"] == "mrad"
    world.server.call(served.remove, "NEW")
    assert world.client.call(c.heard, key, 4)[-1][0] == "error"
    world.client.call(until_unknown, new)


def until_unknown(name: str) -> None:
    import tango

    while True:
        try:
            tango.Database().get_device_info(name)
        except tango.DevFailed:
            return


def test_metadata_that_changes_is_not_kept_in_the_database(world: World) -> None:
    """There it would outlive the program and hide what is true then."""
    key = world.client.call(c.subscribe, "test/macduff/a", "position", "conf")
    world.server.call(served.call, "A", "rescale", "um")
    assert world.client.call(c.heard, key, 2)[-1] == ("conf", ("um", []))
    world.client.call(until_no_properties, "test/macduff/a", "position")


def until_no_properties(device: str, name: str) -> None:
    import tango

    while any(tango.Database().get_device_attribute_property(device, [name])[name]):
        pass


def test_another_shape(world: World) -> None:
    a, b = "test/macduff/a", "test/macduff/bl.b-1"
    world.client.call(c.eventually, b, "target", 5.0)
    key = world.client.call(c.subscribe, a, "count")
    world.server.call(served.recreate, "Shaped", "BL:B-1")
    assert world.client.call(c.eventually, a, "count", 6.0)[1] < 5.0
    world.client.call(until_class, b, "Stage_2")
    assert world.client.call(c.read, b, "position") == {"position": "here"}
    world.client.call(c.forget, key)
    world.server.call(served.call, "A", "stream", 200, 200.0)
    assert (VALID, 200) in world.client.call(c.heard_last, key, (VALID, 200))


def until_class(device: str, name: str) -> None:
    import tango

    while True:
        try:
            if c.proxy(device).info().dev_class == name:
                return
        except tango.DevFailed:
            pass


def test_a_name_of_another_server_is_not_taken(database: str) -> None:
    """And what an earlier run left behind in its own is tidied up."""
    with Remote({"TANGO_HOST": database}) as client, Remote() as server:
        client.call(register, "other/macduff/a", "Their", "Their/1")
        client.call(register, "other/macduff/old", "Stage", "macduff/other")
        server.call(served.begin, {"X": "Stage"}, {"database": database, "domain": "other"})
        assert client.call(owner, "other/macduff/x") == "macduff/other"
        assert client.call(owner, "other/macduff/old") == ""
        server.call(served.add, "Stage", "A")
        server.call(served.add, "Stage", "Y")
        client.call(c.eventually, "other/macduff/y", "target", 5.0)
        assert client.call(owner, "other/macduff/a") == "Their/1"
        server.call(served.end)


def register(name: str, kind: str, server: str) -> None:
    import tango

    entry = tango.DbDevInfo()
    entry.name, entry._class, entry.server = name, kind, server
    tango.Database().add_device(entry)


def owner(name: str) -> str:
    import tango

    try:
        found: str = tango.Database().get_device_info(name).ds_full_name
    except tango.DevFailed:
        return ""
    return found


def test_killed_and_started_again(database: str) -> None:
    """The database believes for a while that it still runs."""
    with Remote({"TANGO_HOST": database}) as client:
        with Remote() as server:
            server.call(served.begin, {"K": "Stage"}, {"database": database})
            assert client.call(c.read, "test/macduff/k", "count") == {"count": 0}
            server.kill()
        with Remote() as server:
            server.call(served.begin, {"K": "Stage"}, {"database": database})
            assert client.call(c.eventually, "test/macduff/k", "count", 10.0)[0] == 0
            server.call(served.end)


def test_without_the_database_it_does_not_start() -> None:
    with Remote() as server:
        assert server.call(no_database) == "expected a Tango database at 127.0.0.1:1, got none"


def no_database() -> str:
    from macduff.errors import MacduffError

    try:
        served.begin({}, {"database": "127.0.0.1:1"})
    except MacduffError as error:
        return str(error).partition(": ")[2].rpartition(": ")[0]
    return "it started"
