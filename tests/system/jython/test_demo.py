"""`macduff demo`, driven by jython/macduff_client.py: the same script under Jython and under CPython."""

from __future__ import annotations

from .conftest import Side


def messages(errors: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(error["type"], error["message"]) for error in errors]


def test_looking(side: Side, demo: str) -> None:
    found = side.do("look", address=demo)
    assert found == {
        "client": f"<Client {demo}, connected, 6 devices: X, Y, DET, THERMO, DIODE, ...>",
        "devices": ["X", "Y", "DET", "THERMO", "DIODE", "SCAN"],
        "listed": [True, False, 6, ["DET", "DIODE", "SCAN", "THERMO", "X", "Y"]],
        "state": ["connected", True, "", demo],
        "device": "<device DET: 10 attributes, 8 methods>",
        "dir": ["exposure", "configure"],
        "attribute": ["<attribute DET.exposure: float64 s, writable>", "s", "DET.exposure", "float64", True],
        "method": [
            "<method DET.configure([exposure], [frames])>",
            "<method X.move(target)>",
            "Go to target (mm) and return where it ended (mm); a later move takes over, stop ends it on the way.",
        ],
        "names": [
            "health state status total_steps completed_steps exposure frames image counter sum".split(),
            "abort reset configure validate run pause rewind resume".split(),
        ],
        "same": True,
        "guess": [False, False, 5],
    }


def test_values(side: Side, demo: str) -> None:
    found = side.do("values", address=demo)
    assert found["after"] == [3.0, 100.0]
    assert found["several"] == [0.02, 3, 0.02]
    assert found["reading"] == {"value": 3.0, "severity": "NONE", "message": ""}
    assert found["time"] is True
    assert messages(found["errors"]) == [
        ("BadValue", "X.velocity: expected a value from 0.001 to 1000 mm/s, got 5000.0"),
        ("BadValue", "X.velocity: expected a number (float64), got 'fast'"),
        ("NotWriteable", found["errors"][2]["message"]),
        ("UnknownName", "X: no attribute 'velocty'; did you mean 'velocity'?"),
        ("UnknownName", "X.move: expected to be called, not assigned; it is a method"),
        ("UnknownName", "X: no attribute or method 'velocty'; did you mean 'velocity'?"),
        ("UnknownName", "X.move: expected an attribute, got a method: call it"),
        ("UnknownName", f"{demo}: no device 'DETT'; did you mean 'DET'?"),
        ("UnknownName", f"{demo}: no device 'NONE'; there are X, Y, DET, THERMO, DIODE, SCAN"),
        ("BadValue", "path: expected 'DEVICE.attribute', got 'nonsense'"),
        ("BadValue", "policy: expected 'latest' or 'every', got 'sometimes'"),
        ("NotFound", found["errors"][11]["message"]),
        ("BadValue", "X.move: expected an attribute, got something else"),
        ("BadValue", "X.velocity: timeout: expected seconds from 0 on, or None to wait for ever, got -1"),
        ("BadValue", found["errors"][14]["message"]),
        ("BadValue", "X.velocity: expected a request of at most 4194304 bytes, got 5000083"),
    ]
    assert found["errors"][2]["message"].startswith("X.position: expected a writable attribute, got a read-only one")
    assert "did you mean 'position'?" in found["errors"][11]["message"]
    assert found["errors"][14]["message"].startswith("X.velocity: expected a value that can be sent, got one that")
    assert (found["errors"][0]["device"], found["errors"][0]["member"]) == ("X", "velocity")


def test_calls(side: Side, demo: str) -> None:
    found = side.do("calls", address=demo)
    assert found["moved"] == [2.0, -2.0, -2.0]
    assert messages(found["errors"]) == [
        ("BadCall", "X.move(target): expected 'target', got no value"),
        ("BadCall", "X.move(target): expected at most 1 argument, got 2"),
        ("BadCall", "X.move(target): 'target' was given by its place and by its name"),
        ("BadCall", "X.move(target): no parameter 'targt'; did you mean 'target'?"),
        ("BadValue", "X.move(target): expected a value from -10 to 10 mm, got 99.0"),
        ("WrongState", "DET.run: expected Ready, got Idle; allowed now: abort, configure"),
    ]
    assert found["errors"][-1]["state"] == "Idle"
    assert found["errors"][-1]["allowed"] == ["abort", "configure"]
    assert found["picture"] == [128, 128, True, 3]
    running, late, cancelled, ended, again, text = found["aborted"]
    assert (running, cancelled, ended, again) == (False, True, "Aborted", False)
    assert late["message"] == "X.move: expected the end of the call within 0.1 s; the call goes on"
    assert text == "<call of X.move: failed: X w"


def test_following(side: Side, demo: str) -> None:
    found = side.do("following", address=demo)
    assert found["every"] == [0.0, 5.0, True, 0, 5.0]
    assert found["closed"]["message"] == "X.position: the monitor is closed"
    assert found["called back"] == [True, [1000.0, 6.0, 7.0], [7.0, True], "<subscription to X.velocity>"]
    assert found["no more"] == [3, "<subscription to X.velocity, closed>"]
    assert found["latest"] == [4.0, 4, [3.0, 4.0], 3]
    came, got, dropped, printed = found["slow"]
    assert came is True
    assert (got[0], got[-2:], dropped) == (10.0, [12.0, 13.0], 4 - len(got))
    assert printed == ["what the author did"]
    assert found["waited"] == [5.0, 5.0]
    assert found["in vain"]["message"] == "X.position: expected 6 within 0.05 s"


def test_interrupted(demo: str) -> None:
    """Ctrl-C aborts the call that waits; under CPython alone, for Jython ends the whole program."""
    side = Side("cpython")
    try:
        assert side.do("interrupted", address=demo) == ["Idle", True, 0.0]
    finally:
        assert side.close() == 0
