"""The connection of a shell in a terminal: to another server, lost and back, and without any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.shell.conftest import CTRL_D, IPYTHON, MACDUFF, Lab, Shell, Shells

pytestmark = pytest.mark.timeout(240)  # a busy machine takes long to start an IPython


@pytest.fixture
def other() -> Iterator[Lab]:
    """Another server."""
    found = Lab().start()
    yield found
    found.kill()


@pytest.fixture
def mine(mortal: Lab, shells: Shells) -> Iterator[Shell]:
    """A shell of this test alone, connected to a server that may be killed."""
    with shells.start(*MACDUFF, mortal.address) as found:
        found.ready(1)
        yield found
        found.type(CTRL_D)
        assert found.end() == 0


def test_switch_to_another_server_and_back(mortal: Lab, other: Lab, mine: Shell) -> None:
    other.tell("add Camera OTHERCAM")
    other.tell("remove CAM")
    mine.run("n = 3")
    mine.run("stage = Stage('STAGE')")
    assert mine.run(f"switch {other.address}") == f"{other.address}, 3 devices: STAGE, BL01:Y, OTHERCAM"
    assert mine.where == other.place
    assert mine.run("OTHERCAM.exposure").endswith("0.1")
    assert "name 'CAM' is not defined" in mine.run("CAM.exposure")
    assert mine.run("n").endswith("3"), "what is the user's stays"
    assert "the client was closed" in mine.run("stage.velocity"), "what was of the other server says so"
    rows = [line.split() for line in mine.run("lsproc").splitlines()]
    assert [row[-3:] for row in rows[1:]] == [[mortal.address], [other.address, "connected", "3"]]
    mine.run(f'switch("{mortal.address}")')
    assert mine.where == mortal.place
    assert mine.run("CAM.exposure").endswith("0.1")


def test_a_switch_that_fails_changes_nothing(mortal: Lab, mine: Shell) -> None:
    assert "Disconnected: ws://127.0.0.1:1: expected a server, got none" in mine.run("switch ws://127.0.0.1:1")
    assert "address: expected an address such as" in mine.run("switch ftp://here")
    assert mine.where == mortal.place
    assert mine.run("CAM.exposure").endswith("0.1")
    assert mine.run("switch").startswith(mortal.address)


def test_the_prompt_says_when_the_connection_is_away_and_that_it_is_back(mortal: Lab, mine: Shell) -> None:
    mortal.kill()
    mine.until(lambda: mine.where == f"{mortal.place} away", "the prompt says so, without a key")
    mine.completes("CAM.expo", "CAM.exposure")
    assert "Disconnected: CAM.exposure" in mine.run("CAM.exposure")
    assert "the connection is away" in mine.run("lsdev")
    assert "reconnecting" in mine.run("lsproc")
    mortal.start()
    mine.until(lambda: mine.where == mortal.place, "the prompt says that it is back")
    assert mine.run("CAM.exposure").endswith("0.1")


def test_the_extension_in_an_ipython_without_a_connection(mortal: Lab, shells: Shells) -> None:
    with shells.start(*IPYTHON) as plain:
        plain.ready(1)
        how = "type `switch ADDRESS`, such as `switch ws://127.0.0.1:8008`"
        assert plain.run("%load_ext macduff.ipython") == f"not connected: {how}"
        assert plain.where == "not connected"
        assert f"not connected to a server: {how}" in plain.run("lsdev")
        assert plain.run("lserr").startswith("NotConnected: not connected to a server")
        plain.run(f"switch {mortal.address}")
        assert plain.run("CAM.exposure").endswith("0.1")
        plain.run("%unload_ext macduff.ipython")
        assert plain.where == ""
        assert "name 'CAM' is not defined" in plain.run("CAM")
        assert "name 'lsdev' is not defined" in plain.run("lsdev")
        plain.type(CTRL_D)
        assert plain.end() == 0


def test_the_extension_connects_to_the_address_of_the_environment(mortal: Lab, shells: Shells) -> None:
    with shells.start(*IPYTHON, MACDUFF_ADDRESS=mortal.address) as plain:
        plain.ready(1)
        assert plain.run("%load_ext macduff.ipython").startswith(f"{mortal.address}, 3 devices: ")
        plain.type(CTRL_D)
        assert plain.end() == 0


def test_unloading_leaves_a_plain_ipython(mine: Shell) -> None:
    assert "already loaded" in mine.run("%load_ext macduff.ipython")
    mine.run("%unload_ext macduff.ipython")
    assert mine.where == ""
    assert "name 'lsdev' is not defined" in mine.run("lsdev")
    assert "name 'CAM' is not defined" in mine.run("CAM")
