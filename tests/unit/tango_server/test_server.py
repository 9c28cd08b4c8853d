"""What the server says no to before Tango is asked, and signals that stay the program's."""

from __future__ import annotations

import ctypes
import signal
from typing import Any

import pytest

from macduff import Process
from macduff.servers.tango import TangoServer
from macduff.servers.tango.signals import kept_signals


@pytest.mark.parametrize(
    "options, text",
    [
        ({"domain": "a/b"}, r"TangoServer\(domain\): expected letters, digits"),
        ({"instance": "a b"}, r"TangoServer\(instance\)"),
        ({"database": "host"}, r"TangoServer\(database\): expected HOST:PORT such as localhost:10000, got 'host'"),
        ({"database": ":10000"}, r"TangoServer\(database\)"),
        ({"host": "0.0.0.0"}, "read_only"),
    ],
)
def test_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        TangoServer(Process("p"), **options)


def test_names() -> None:
    assert TangoServer(Process("lab")).domain == "lab"
    assert TangoServer(Process()).domain == "macduff"
    server = TangoServer(Process("lab"), domain="other")
    assert (server.domain, server.instance, server.environment, server.address) == ("other", "other", {}, "")


def test_stopping_what_does_not_run_does_nothing() -> None:
    server = TangoServer(Process("p"))
    server.stop()
    assert repr(server) == "<TangoServer not running>"


def test_a_reserved_port_is_taken_once_and_let_go() -> None:
    first = TangoServer(Process("p")).reserve()
    taken = first._reserved
    assert taken is not None
    second = TangoServer(Process("p"), port=taken.getsockname()[1])
    with pytest.raises(OSError):
        second.reserve()
    first.stop()
    second.reserve()
    second.stop()


def test_handlers_are_as_before() -> None:
    """Also when C code set others behind Python's back, as Tango does."""
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, _: seen.append(number))
    try:
        with kept_signals():
            ctypes.CDLL(None).signal(int(signal.SIGUSR2), ctypes.c_void_p(1))  # SIG_IGN
            signal.raise_signal(signal.SIGUSR2)
            assert seen == []
        signal.raise_signal(signal.SIGUSR2)
        assert seen == [signal.SIGUSR2]
    finally:
        signal.signal(signal.SIGUSR2, before)
