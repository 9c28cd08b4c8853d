"""`macduff history DEVICE.ATTRIBUTE`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from cyclopts import Parameter

from . import exits
from .output import Output, plain, write
from .remote import DEFAULT_ADDRESS, DEFAULT_TIMEOUT, Address, Timeout, connected, parts_of, record_of

__all__ = ["history"]


def history(
    path: str,
    /,
    *,
    seconds: Annotated[float | None, Parameter(name=("--seconds", "-s"), help="of the last so many")] = None,
    count: Annotated[int | None, Parameter(name=("--count", "-n"), help="the newest so many")] = None,
    output: Output = "text",
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Print what an attribute was, as far back as its server has it, oldest first.

    Parameters
    ----------
    path
        DEVICE.ATTRIBUTE
    """
    if seconds is not None and not seconds >= 0:
        raise exits.Usage(f"--seconds: expected a number from 0 on, got {seconds}")
    if count is not None and count < 1:
        raise exits.Usage(f"--count: expected an integer from 1 on, got {count}")
    device, member = parts_of(path)
    with connected(address, timeout) as client:
        attribute = client[device].attributes[member]
        found, info = attribute.history(seconds, count=count), attribute.info
    write(output, (record_of(path, info, reading, output) for reading in found), _line)


def _line(record: Mapping[str, Any]) -> str:
    shown = [f"{record['time'][:23]}Z", plain(record["value"]), record["units"]]
    if record["severity"] != "NONE":
        shown += [record["severity"], record["message"]]
    return " ".join(part for part in shown if part)
