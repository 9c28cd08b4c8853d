"""What may be typed for a server."""

from __future__ import annotations

import pytest

from macduff.client.address import parse_address, server_address


@pytest.mark.parametrize(
    ("typed", "url", "shown"),
    [
        ("ws://127.0.0.1:8008", "ws://127.0.0.1:8008/ws", "ws://127.0.0.1:8008"),
        ("ws://127.0.0.1:8008/", "ws://127.0.0.1:8008/ws", "ws://127.0.0.1:8008"),
        ("ws://127.0.0.1:8008/ws", "ws://127.0.0.1:8008/ws", "ws://127.0.0.1:8008"),
        ("http://127.0.0.1:8008", "ws://127.0.0.1:8008/ws", "ws://127.0.0.1:8008"),
        ("https://beam.example/line/ws", "wss://beam.example/line/ws", "wss://beam.example/line"),
        ("127.0.0.1:9000", "ws://127.0.0.1:9000/ws", "ws://127.0.0.1:9000"),
        ("localhost", "ws://localhost:8008/ws", "ws://localhost:8008"),
        ("[::1]:9000", "ws://[::1]:9000/ws", "ws://[::1]:9000"),
        (" ws://host ", "ws://host/ws", "ws://host"),
        ("ws://me:secret@host:1", "ws://me:secret@host:1/ws", "ws://host:1"),
    ],
)
def test_what_an_address_means(typed: str, url: str, shown: str) -> None:
    address = server_address(typed)
    assert (address.url, address.short) == (url, shown)


@pytest.mark.parametrize("typed", ["ws://host:8008/SCAN", "http://host:8008/SCAN/", "host:8008/SCAN"])
def test_a_path_may_name_a_device(typed: str) -> None:
    address = parse_address(typed)
    assert (address.url, address.device) == ("ws://host:8008/ws", "SCAN")
    with pytest.raises(ValueError, match="SCAN"):
        server_address(typed)


@pytest.mark.parametrize(
    "typed", ["", "ftp://host", "ws://", "ws://host:notaport", "ws://host:99999", "a b", "ws://h/a/b", "ws://h/ws?x=1"]
)
def test_what_is_no_address_is_refused_with_the_form_expected(typed: str) -> None:
    with pytest.raises(ValueError, match=r"address: expected .*, got "):
        server_address(typed)
