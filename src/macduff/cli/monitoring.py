"""`macduff monitor DEVICE[.ATTRIBUTE] ...`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..primitives.threads import HEARD_WITHIN
from . import exits
from .output import Format, Writer, plain
from .remote import DEFAULT_ADDRESS, DEFAULT_TIMEOUT, Address, Timeout, connected, parts_of, record_of

if TYPE_CHECKING:
    from ..client import AttributeInfo, Client
    from ..values import Reading

__all__ = ["monitor"]

OUTPUT_HELP = "text for people; one JSON document, JSON lines or CSV; a table, or text, when it is not given"


def monitor(
    *paths: Annotated[str, Parameter(required=True)],
    every: Annotated[
        bool, Parameter(negative=(), help="each change; else the newest wins where they come fast")
    ] = False,
    count: Annotated[int | None, Parameter(name=("--count", "-n"), help="end after so many changes")] = None,
    output: Annotated[Format | None, Parameter(name=("--output", "-o"), help=OUTPUT_HELP)] = None,
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Show values as they change until Ctrl-C. A lost connection is told and heals by itself.

    On a terminal it is a table that follows them; with --output, --every or --count, or into a file or a pipe, it is a
    line for each change, the present values first.

    Parameters
    ----------
    paths
        DEVICE.ATTRIBUTE, or DEVICE for all its attributes; one or more.
    """
    table = output is None and not every and count is None and _can_paint()
    with connected(address, timeout) as client:
        found = attribute_paths(client, paths)
        if table:
            from .watching import watch

            watch(client, found)
        else:
            _print(client, found, every, count, output or "text")


def _can_paint() -> bool:
    try:
        from .screen import can_paint
    except ImportError:
        if sys.stdout.isatty():
            exits.say("no table without rich, so a line for each change; pip install rich")
        return False
    return can_paint()


def _print(client: Client, paths: list[str], every: bool, count: int | None, style: Format) -> None:
    changes: SimpleQueue[tuple[str, AttributeInfo, Reading]] = SimpleQueue()
    with ExitStack() as subscriptions, Writer(style, _line) as writer:
        for path in paths:
            device, member = parts_of(path)
            attribute = client[device].attributes[member]

            def changed(reading: Reading, path: str = path, attribute: Any = attribute) -> None:
                changes.put((path, attribute.info, reading))

            subscriber = attribute.subscribe(changed, "every" if every else "latest")
            subscriptions.callback(subscriber.close)
        while count is None or writer.count < count:
            with suppress(Empty):  # awake now and then, for a Ctrl-C whose signal woke nobody
                writer.record(record_of(*changes.get(timeout=HEARD_WITHIN), style))


def attribute_paths(client: Client, paths: tuple[str, ...]) -> list[str]:
    """Each attribute that is meant, once: a device's name alone means all it has."""
    found: dict[str, None] = {}
    for path in paths:
        if path in client.devices or path == "." or "." not in path:
            found.update({f"{path}.{name}": None for name in client[path].attributes})
        else:
            found[path] = None
    return list(found)


def _line(record: Mapping[str, Any]) -> str:
    time = record["time"]
    shown = [f"{time[11:23]}Z" if time else "--:--:--.---", record["name"], plain(record["value"]), record["units"]]
    if record["severity"] != "NONE":
        shown += [record["severity"], record["message"]]
    return " ".join(part for part in shown if part)
