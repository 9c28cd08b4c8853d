"""Who is let in: binds, Host and Origin (design 13: loopback by default, Origin and Host checked)."""

from __future__ import annotations

import socket

import pytest

from macduff.errors import Refused
from macduff.servers.web import WebServer
from macduff.servers.web.gate import Gate, check_bind, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_this_machine_alone(host: str) -> None:
    assert is_loopback(host)
    check_bind(host, read_only=False, insecure=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "lab.example", "localhost.example"])
def test_a_bind_that_others_reach_is_refused_with_what_to_do(host: str) -> None:
    with pytest.raises(ValueError, match=r"^host: expected .* got .*--read-only.*--insecure"):
        check_bind(host, read_only=False, insecure=False)
    check_bind(host, read_only=True, insecure=False)
    check_bind(host, read_only=False, insecure=True)


def test_the_server_itself_refuses_it() -> None:
    with pytest.raises(ValueError, match="whoever reaches it could move your hardware"):
        WebServer(None, "0.0.0.0", 0)  # type: ignore[arg-type]  # it is refused before the Process is looked at


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8008", "LocalHost.:80", "127.0.0.1", "127.0.0.1:1", "[::1]:8008", "192.168.1.5:8008",
     "panel.localhost:5", "lab.example", "LAB.example:8443"],
)  # fmt: skip
def test_hosts_let_in(host: str) -> None:
    """Digits cannot be rebound to another machine, so every address in digits is harmless."""
    Gate("127.0.0.1", hosts=["lab.example"]).check_host(host)


@pytest.mark.parametrize(
    "host",
    [None, "", ":80", "evil.example", "evil.example:8008", "localhost.evil.example", "127.0.0.1.evil.example",
     "user@localhost", "localhost/x", "localhost:port", "lab.example.evil.example", "1", "[::1"],
)  # fmt: skip
def test_rebound_hosts_are_refused(host: str | None) -> None:
    with pytest.raises(Refused, match=r"^Host: expected "):
        Gate("127.0.0.1", hosts=["lab.example"]).check_host(host)


def test_a_server_for_others_knows_its_own_name() -> None:
    name = socket.gethostname()
    Gate("0.0.0.0").check_host(f"{name}:8008")
    if not name.startswith("localhost"):
        with pytest.raises(Refused):
            Gate("127.0.0.1").check_host(f"{name}:8008")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "127.0.0.1:8008"),
        ("http://127.0.0.1:8008", "127.0.0.1:8008"),
        ("http://localhost", "localhost:80"),
        ("https://localhost", "localhost:443"),
        ("https://lab.example", "lab.example"),
        ("HTTP://LocalHost:8008", "localhost:8008"),
        ("http://[::1]:8008", "[::1]:8008"),
        ("https://panel.example", "127.0.0.1:8008"),
    ],
)
def test_pages_let_in(origin: str | None, host: str) -> None:
    """Our own page, a configured one, and programs that are no browsers."""
    Gate("127.0.0.1", origins=["https://panel.example/"]).check_origin(origin, host)


@pytest.mark.parametrize(
    "origin",
    ["null", "", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:8009", "http://127.0.0.1:8008.evil.example",
     "http://evil.example/127.0.0.1:8008", "http://evil@127.0.0.1:8008", "127.0.0.1:8008", "file://",
     "http://panel.example", "https://panel.example:444", "https://sub.panel.example"],
)  # fmt: skip
def test_other_pages_are_refused(origin: str) -> None:
    with pytest.raises(Refused, match=r"^Origin: expected "):
        Gate("127.0.0.1", origins=["https://panel.example"]).check_origin(origin, "127.0.0.1:8008")
