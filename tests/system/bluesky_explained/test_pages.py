"""The programs of the explanations print what their pages show."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from tests.system.bluesky_explained.shown import Laboratory, TangoServer, blocks, run


def test_awaiting_tango(tango_server: TangoServer) -> None:
    table, *printed = run("tango_asyncio", tango_server.motor) + run("attribute_proxy", tango_server.motor)
    shown, *rest = blocks("tango-asyncio")
    assert printed == rest
    if version("pytango").startswith("10.3."):
        assert table == shown
    else:  # others have some calls more or less; those that both have must not have changed sides
        sides = [dict(calls(text)) for text in (table, shown)]
        both = sides[0].keys() & sides[1].keys()
        assert len(both) > 90
        assert {call: sides[0][call] for call in both} == {call: sides[1][call] for call in both}


def calls(table: str) -> Iterator[tuple[str, bool]]:
    """Each call, and whether it can be awaited."""
    for line in table.splitlines()[2:]:
        _, _, can, cannot, _ = line.split("|")
        yield from ((call.strip(), True) for call in can.split(","))
        yield from ((call.strip(), False) for call in cannot.split(","))


def test_signals(tango_server: TangoServer) -> None:
    assert run("tango_signals", tango_server.motor) == blocks("tango-signals")


def test_call_await_and_yield(laboratory: Laboratory) -> None:
    assert sorted(run("three_ways", f"{laboratory.address}/X")) == sorted(blocks("bluesky-loop"))


def test_protocols(laboratory: Laboratory, tango_server: TangoServer) -> None:
    table, *messages = run("protocols", laboratory.address, tango_server.motor)
    shown = blocks("bluesky-hardware")
    if version("bluesky").startswith("1.15."):
        assert sorted([table, *messages]) == sorted(shown)
    else:  # others may have more protocols, and plans of other messages
        (rows,) = [block for block in shown if block.startswith("|")]
        assert set(rows.splitlines()) <= set(table.splitlines())


def test_a_paused_plan(laboratory: Laboratory) -> None:
    assert run("pausing", laboratory.address) == blocks("bluesky-pause")
