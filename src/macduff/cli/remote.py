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

if TYPE_CHECKING:
    from ..client import AttributeInfo, Client
    from ..values import Reading, VType

__all__ = [
    "Address", "Timeout", "connected", "from_text", "parts_of", "record_of", "stamp", "warn",
]  # fmt: skip

Address = Annotated[str, Parameter(name=("--address", "-a"), env_var="MACDUFF_ADDRESS", help="the server")]
Timeout = Annotated[float, Parameter(help="seconds to wait for the connection and for each answer")]

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
    device, dot, member = path.rpartition(".")
    if not dot or not device or not member:
        raise exits.Usage(f"expected DEVICE.NAME, such as STAGE.velocity, got {path!r}")
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


def stamp(nanoseconds: int) -> str:
    """A time stamp (ns since 1970) as ISO 8601, in UTC, to the nanosecond; "" for one that was never set."""
    if not nanoseconds:
        return ""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def record_of(path: str, info: AttributeInfo, reading: Reading) -> dict[str, Any]:
    """A reading as a record, the same in every output format."""
    return {
        "name": path,
        "value": info.vtype.to_json(reading.value),
        "units": getattr(info.vtype, "units", ""),
        "severity": reading.alarm.severity.name,
        "message": reading.alarm.message,
        "time": stamp(reading.time),
    }


def warn(record: Mapping[str, Any]) -> None:
    """Say on standard error that a value is not to be trusted, or out of its limits."""
    if record["severity"] != "NONE":
        exits.say(f"{record['name']}: {record['severity']}: {record['message'] or 'no message'}")
