"""A server that is killed, frozen, ended or loses a device while a call and a monitor wait; and comes back."""

from __future__ import annotations

import signal

from tests.system.client.conftest import Lab

from .conftest import Side


def test_values_of_every_type(side: Side, lab: Lab) -> None:
    found = side.do("types", address=lab.address)
    assert found["image"] == [[[0, 0, 0], [0, 0, 0]], "uint16 array", 2]
    assert found["put"] == [[[1, 2], [3, 65535]], "fast", [["x", "name"], ["a", "é"], 1.0, True]]
    choices, refused = found["choices"]
    assert choices == ["slow", "fast"]
    assert (refused["type"], refused["device"], refused["member"]) == ("BadValue", "STAGE", "mode")
    assert found["scaled"] == {"total": 12.0, "first": 2.0}
    assert found["large"] == 150 * sum(range(150))
    assert found["failed"]["type"] == "DeviceFailed"
    assert "no such luck" in found["failed"]["message"]
    assert found["empty"] == []


def test_a_server_that_is_killed(side: Side, lab: Lab) -> None:
    """The waiting call fails, the monitor has one INVALID reading, new requests say that they were not sent."""
    side.do("begin", address=lab.address)
    lab.kill()
    gone = side.do("away")
    assert gone["call"]["type"] == "Disconnected"
    assert gone["call"]["message"].startswith(
        f"STAGE.hold: the connection to {lab.address} went before the reply came (the connection was lost"
    )
    assert gone["call"]["message"].endswith(
        "; whether the call was done is unknown, it may still be running, and it is not sent again"
    )
    assert (gone["reading"]["value"], gone["reading"]["severity"]) == ("hold", "INVALID")
    assert gone["reading"]["message"].startswith("disconnected: the connection was lost")
    assert gone["state"][0] == "reconnecting"
    assert gone["get"]["message"].startswith(f"STAGE.position: not connected to {lab.address} (")
    assert gone["get"]["message"].endswith("; the get was not sent")
    assert gone["devices"] == ["STAGE"]
    lab.start()
    assert side.do("back") == {
        "reading": {"value": "nothing", "severity": "NONE", "message": ""},
        "doing": "nothing",
        "state": ["connected", ""],
    }
    found = side.do("close")
    assert found["get"]["message"].endswith("(the client was closed); the get was not sent")
    assert {**found, "get": None} == {"released": True, "threads": [], "client": " closed,", "get": None}


def test_a_server_that_is_frozen(side: Side, lab: Lab) -> None:
    """Nothing says that it has gone: the unanswered ping does."""
    side.do("begin", address=lab.address, heartbeat=1.0)
    lab.signal(signal.SIGSTOP)
    gone = side.do("away")
    assert "(the connection was lost: no answer to a ping);" in gone["call"]["message"]
    assert gone["reading"]["message"] == "disconnected: the connection was lost: no answer to a ping"
    lab.signal(signal.SIGCONT)
    assert side.do("back")["reading"]["severity"] == "NONE"
    assert side.do("close")["threads"] == []


def test_a_message_that_takes_long_to_read(side: Side, lab: Lab) -> None:
    """It does not count as silence of the server."""
    assert side.do("busy", address=lab.address) == ["BadValue", "connected"]


def test_a_device_that_goes_and_comes_back(side: Side, lab: Lab) -> None:
    lab.tell("add OTHER")
    side.do("begin", address=lab.address, device="OTHER")
    lab.tell("remove OTHER")
    gone = side.do("removed", device="OTHER")
    assert gone["call"]["type"] in ("Removed", "Aborted")
    assert (gone["reading"]["value"], gone["reading"]["severity"]) == ("hold", "INVALID")
    lab.tell("add OTHER")
    assert side.do("returned", device="OTHER") == {
        "reading": {"value": "nothing", "severity": "NONE", "message": ""},
        "doing": "nothing",
    }
    assert side.do("close")["threads"] == []


def test_closing_while_a_call_waits(side: Side, lab: Lab) -> None:
    side.do("begin", address=lab.address)
    found = side.do("close")
    assert found["released"] is True
    assert found["threads"] == []
    assert side.do("ended")["message"].startswith(
        f"STAGE.hold: the connection to {lab.address} went before the reply came (the client was closed); "
    )
