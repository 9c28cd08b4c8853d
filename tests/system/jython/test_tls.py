"""wss: TLS by Java's sockets under Jython, by `ssl` under CPython, against an endpoint in front of a real Process."""

from __future__ import annotations

import ssl
from pathlib import Path

from tests.system.client.conftest import Lab

from .conftest import Side
from .server import Server, relay


def test_a_trusted_server(side: Side, lab: Lab, ours: tuple[ssl.SSLContext, str]) -> None:
    context, trusted = ours
    with Server(relay(lab.port), context) as server:
        found = side.do("secured", address=server.address, cafile=trusted)
        assert found == {"found": [True] * 4, "moved": 1.0, "large": 150 * sum(range(150)), "address": server.address}
        by_name = side.do("plain", address=f"https://localhost:{server.port}", cafile=trusted)
        assert by_name["devices"] == ["STAGE"]


def test_servers_that_are_not_to_be_trusted(
    side: Side, lab: Lab, ours: tuple[ssl.SSLContext, str], other: tuple[ssl.SSLContext, str], tmp_path: Path
) -> None:
    with Server(relay(lab.port), ours[0]) as server, Server(relay(lab.port), other[0]) as wrong:
        stranger = side.do("refused", address=server.address)
        misnamed = side.do("refused", address=wrong.address, cafile=other[1])
        plain = side.do("refused", address=f"wss://127.0.0.1:{lab.port}", cafile=ours[1])
        secret = side.do("refused", address=f"ws://127.0.0.1:{server.port}")
        for error, address in ((stranger, server.address), (misnamed, wrong.address)):
            assert error["type"] == "Disconnected"
            assert error["message"].startswith(f"{address}: expected a server to trust, got TLS: ")
            assert error["message"].endswith(
                "cafile= names the certificate or authority to trust, a plain server is ws://"
            )
        assert "certif" in stranger["message"]
        assert "127.0.0.1" in misnamed["message"].partition("TLS: ")[2]
        assert plain["message"].startswith(f"wss://127.0.0.1:{lab.port}: expected a server to trust, got TLS: ")
        assert secret["message"].startswith(f"ws://127.0.0.1:{server.port}: expected a macduff server, got ")
    nothing = side.do("refused", address="wss://127.0.0.1:1", cafile=str(tmp_path / "none.pem"))
    assert nothing["type"] == "BadValue"
    assert nothing["message"].startswith("cafile: expected a file of certificates (PEM), got ")
