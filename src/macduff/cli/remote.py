"""What the client commands share: the connection, names of members, values as they are typed and as they are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import BadValue
from . import exits
from .output import Format

if TYPE_CHECKING:
    from ..client import AttributeInfo, Client
    from ..values import Reading, VType

__all__ = [
    "Address", "Timeout", "Wait", "connected", "from_text", "parts_of", "record_of", "stamp",
    "value_of", "warn",
]  # fmt: skip

Address = Annotated[str, Parameter(name=("--address", "-a"), env_var="MACDUFF_ADDRESS", help="the server")]


def _seconds(kind: object, value: float | None) -> None:
    """For cyclopts, which makes a fault of the command line of it."""
    if value is not None and not value >= 0:
        raise ValueError("expected seconds from 0 on")


Timeout = Annotated[float, Parameter(validator=_seconds, help="seconds to wait for the connection and for each answer")]
Wait = Annotated[
    float | None, Parameter(validator=_seconds, help="seconds to wait until it is done; for ever when not given")
]

DEFAULT_ADDRESS = "ws://127.0.0.1:8008"
DEFAULT_TIMEOUT = 5.0

_SWITCH = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


@contextmanager
def connected(address: str, timeout: float) -> Iterator[Client]:
    """A client for one command; an address that is none is a fault of the command line."""
    from ..client import connect

    try:
        client = connect(address, timeout)
    except ValueError as error:
        raise exits.Usage(str(error)) from None
    with client:
        yield client


def parts_of(path: str) -> tuple[str, str]:
    """Device and member of "STAGE.velocity"; "..health" is the server's own, whose name is a dot."""
    device, dot, member = (".", ".", path[2:]) if path.startswith("..") else path.partition(".")
    if not device or not member:
        hint = f"; `macduff info {path}` shows what a device has" if path and not dot else ""
        raise exits.Usage(f"expected DEVICE.NAME, such as STAGE.velocity, got {path!r}{hint}")
    return device, member


def from_text(vtype: VType[Any], text: str, where: str) -> Any:
    """A value as it is typed in a shell: text and labels as they are, switches as true or on, the rest as JSON."""
    from ..values import VBool, VEnum, VString

    if isinstance(vtype, VString | VEnum):
        return text
    if isinstance(vtype, VBool):
        if text.lower() not in _SWITCH:
            raise BadValue.of(where, "true or false", text)
        return _SWITCH[text.lower()]
    try:
        data = json.loads(text, parse_constant=str)  # NaN and Infinity are strings where values are JSON (rule 31)
    except (ValueError, RecursionError):
        data = text  # what is no JSON at all gets the type's own verdict
    return vtype.from_json(data, where)


def value_of(vtype: VType[Any], value: Any, style: Format) -> Any:
    """A value as JSON has it, exactly; in text as people read it."""
    data = vtype.to_json(value)
    if style != "text":
        return data
    from .precision import rounded

    return rounded(vtype, data)


def stamp(nanoseconds: int) -> str:
    """A time stamp (ns since 1970) as ISO 8601, in UTC, to the nanosecond; "" for one that was never set."""
    if not nanoseconds:
        return ""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def record_of(path: str, info: AttributeInfo, reading: Reading, style: Format) -> dict[str, Any]:
    """A reading as a record, the same in every output format, but that in text a value has its type's precision."""
    return {
        "name": path,
        "value": value_of(info.vtype, reading.value, style),
        "units": getattr(info.vtype, "units", ""),
        "severity": reading.alarm.severity.name,
        "message": reading.alarm.message,
        "time": stamp(reading.time),
    }


def warn(record: Mapping[str, Any]) -> None:
    """Say on standard error that a value is not to be trusted, or out of its limits."""
    if record["severity"] != "NONE":
        exits.say(f"{record['name']}: {record['severity']}: {record['message'] or 'no message'}")
