"""`macduff get DEVICE.ATTRIBUTE ...`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from .output import Output, aligned, plain, write
from .remote import DEFAULT_ADDRESS, DEFAULT_TIMEOUT, Address, Timeout, connected, parts_of, record_of, value_of, warn

__all__ = ["get"]


def get(
    *paths: Annotated[str, Parameter(required=True)],
    setpoint: Annotated[bool, Parameter(negative=(), help="what was last asked for, instead of what is")] = False,
    output: Output = "text",
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Print the values of attributes; one alone as its bare value. Alarms are told on standard error.

    Parameters
    ----------
    paths
        DEVICE.ATTRIBUTE, one or more.
    """
    records = []
    members = [(path, *parts_of(path)) for path in paths]
    with connected(address, timeout) as client:
        for path, device, member in members:
            state = client[device].attributes[member].get()
            record = record_of(path, state.info, state.reading, output)
            if setpoint:
                record["value"] = value_of(state.info.vtype, state.setpoint, output)
            records.append(record)
    if output != "text":
        write(output, records, str)
        return
    if len(records) == 1:
        print(plain(records[0]["value"]))
    else:
        print(aligned([record["name"], record["value"], record["units"]] for record in records))
    for record in records:
        warn(record)
