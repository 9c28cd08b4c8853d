"""What a web server counts of itself, and its form for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ABOUT", "Counts", "exposition"]


@dataclass(slots=True)
class Counts:
    """Since the server started; ABOUT says what each is."""

    websockets: int = 0
    refused: int = 0
    frames_received: int = 0
    frames_sent: int = 0
    bytes_sent: int = 0
    congested: int = 0
    stalled: int = 0
    http_requests: int = 0
    http_failures: int = 0


ABOUT = {
    "websockets": "Websockets that were opened",
    "refused": "Connections beyond the bound",
    "frames_received": "Websocket frames from clients",
    "frames_sent": "Websocket frames to clients",
    "bytes_sent": "Bytes in the frames to clients",
    "congested": "How often a client's buffer was full, so that its changes were merged",
    "stalled": "Clients that were hung up on because they read nothing",
    "http_requests": "HTTP requests",
    "http_failures": "HTTP requests that were answered by an error",
}

Samples = Mapping[str, tuple[str, float]]
"""Name without prefix and suffix -> what it is, value."""


def exposition(counts: Counts, gauges: Samples, counters: Samples) -> str:
    """The counts and others in Prometheus' text format 0.0.4; counters get their suffix _total."""
    found = {f"{name}_total": ("counter", about, getattr(counts, name)) for name, about in ABOUT.items()}
    found |= {f"{name}_total": ("counter", *rest) for name, rest in counters.items()}
    found |= {name: ("gauge", *rest) for name, rest in gauges.items()}
    lines: list[str] = []
    for name, (kind, about, value) in found.items():
        lines += (f"# HELP macduff_{name} {about}", f"# TYPE macduff_{name} {kind}", f"macduff_{name} {value}")
    return "\n".join(lines) + "\n"
