"""Costs of one protocol's servers, measured in turn: CPU of the server for each get, put, call and delivered update."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from ..measuring import Figure, Options
from .process import PEERS, Served

__all__ = ["Client", "compare"]

RATE = 250.0
"""Updates a second: what a server that keeps up delivers one by one."""


class Client(Protocol):
    """Talks to one server of one kind; each of `get`, `put` and `call` waits for its end."""

    served: Served

    def get(self) -> object: ...
    def put(self, value: float) -> object: ...
    def call(self) -> object: ...
    def subscribe(self, count: int) -> Callable[[], int] | None:
        """That many subscribers of `reading`; what comes back says how many updates they have got together."""

    def unsubscribe(self) -> None: ...


def compare(protocol: str, make: Callable[[str], Client], options: Options) -> list[Figure]:
    """Ours, bare and, where it is there, FastCS, in turn; ratios to the bare one, and FastCS's to ours."""
    names = ["ours", "bare", *(["fastcs"] if PEERS.exists() else [])]
    clients = {name: make(name) for name in names}
    try:
        figures = []
        for what in ("get", "put", "call"):
            costs = in_turn(clients, options, partial(asked, what=what, seconds=options.seconds))
            figures += ratios(f"{protocol}: {what}", costs, what)
        for count in (1, 10):
            costs = in_turn(clients, options, partial(delivered, count=count, seconds=options.seconds))
            figures += ratios(f"{protocol}: update to {count}", costs, "update")
        return figures
    finally:
        for client in clients.values():
            client.served.close()


def in_turn(
    clients: dict[str, Client], options: Options, run: Callable[[Client], float | None]
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        for name, client in clients.items():
            cost = run(client)
            if cost is not None:
                found.setdefault(name, []).append(cost)
    return found


def asked(client: Client, what: str, seconds: float) -> float:
    """Microseconds of server CPU for each request of one client that waits for each."""

    def act(number: int) -> None:
        if what == "put":
            client.put(float(number))
        else:
            (client.get if what == "get" else client.call)()

    for number in range(20):
        act(number)
    count, end, before = 0, time.monotonic() + seconds, client.served.cpu()
    while time.monotonic() < end:
        act(count)
        count += 1
    return (client.served.cpu() - before) / count * 1e6


def delivered(client: Client, count: int, seconds: float) -> float | None:
    """Microseconds of server CPU for each update that a subscriber got."""
    so_far = client.subscribe(count)
    if so_far is None:
        return None
    client.served.say(f"rate {RATE}")
    try:
        time.sleep(0.3)
        begun, before = so_far(), client.served.cpu()
        time.sleep(seconds)
        got, used = so_far() - begun, client.served.cpu() - before
        return used / max(1, got) * 1e6
    finally:
        client.served.say("rate 0")
        client.unsubscribe()


def ratios(name: str, costs: dict[str, list[float]], what: str) -> list[Figure]:
    """Ours over bare, ours over FastCS; the medians of each as parts."""
    medians = {who: middle(values) for who, values in costs.items()}
    parts = {f"{who} us": value for who, value in medians.items()}
    target = 1.3 if what in ("get", "update") else None
    figures = [Figure.of(f"{name}, ours / bare", "x", pairs(costs, "bare"), target, parts=parts)]
    if "fastcs" in costs:
        figures.append(Figure.of(f"{name}, ours / FastCS", "x", pairs(costs, "fastcs"), 1.0))
    return figures


def pairs(costs: dict[str, list[float]], other: str) -> list[float]:
    return [ours / theirs for ours, theirs in zip(costs["ours"], costs[other], strict=True)]


def middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
