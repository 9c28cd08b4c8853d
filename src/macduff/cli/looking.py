"""`macduff list` and `macduff info`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from .output import Format, Output, aligned, plain, write
from .remote import DEFAULT_ADDRESS, DEFAULT_TIMEOUT, Address, Timeout, connected, value_of

if TYPE_CHECKING:
    from ..client import AttributeInfo, Client, DeviceInfo, MethodInfo

__all__ = ["info", "list_devices"]


def list_devices(
    *,
    long: Annotated[
        bool, Parameter(name=("--long", "-l"), negative=(), help="with state, health, description")
    ] = False,
    output: Output = "text",
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Print the names of a server's devices, one a line."""
    with connected(address, timeout) as client:
        records: list[dict[str, Any]] = [{"name": name} for name in client.devices]
        if long:
            records = [_about(client, name) for name in client.devices]
    if output != "text":
        write(output, records, str)
    elif records:
        print(aligned(record.values() for record in records))


def _about(client: Client, name: str) -> dict[str, Any]:
    device = client[name]
    return {
        "name": name,
        "state": str(device.state),
        "health": str(device.health),
        "description": client.info(name).description.partition("\n")[0],
    }


def info(
    device: str,
    /,
    *,
    output: Output = "text",
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Print what a device has: attributes with type, units, limits and value; methods with what they take and return.

    Parameters
    ----------
    device
        Its name.
    """
    with connected(address, timeout) as client:
        found = client.info(device)
        records = [
            _attribute(found.attributes[name], client[device].attributes[name].get().reading.value, output)
            if name in found.attributes
            else _method(found.methods[name])
            for name in found.fields
        ]
    if output == "text":
        _print(found, records)
    else:
        write(output, records, str)


def _attribute(attribute: AttributeInfo, value: Any, style: Format) -> dict[str, Any]:
    vtype = attribute.vtype
    return {
        "name": attribute.name,
        "kind": "attribute",
        "type": vtype.name,
        "units": getattr(vtype, "units", ""),
        "writable": attribute.writable,
        "value": value_of(vtype, value, style),
        "limits": getattr(vtype, "control", None),
        "description": attribute.description,
    }


def _method(method: MethodInfo) -> dict[str, Any]:
    from ..client.signature import signature_of

    return {
        "name": method.name,
        "kind": "method",
        "type": str(signature_of(method)),
        "units": "",
        "writable": method.writeable,
        "value": None,
        "limits": None,
        "description": method.description.partition("\n")[0],
    }


def _print(device: DeviceInfo, records: list[dict[str, Any]]) -> None:
    print(f"{device.name}: {device.description}" if device.description else device.name)
    attributes = [record for record in records if record["kind"] == "attribute"]
    methods = [record for record in records if record["kind"] == "method"]
    if attributes:
        print("\nattributes")
        print(aligned(map(_row, attributes)))
    if methods:
        print("\nmethods")
        print(aligned((f"  {record['name']}{record['type']}", record["description"]) for record in methods))


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    value = plain(record["value"])
    shown = value if len(value) <= 30 else value[:27] + "..."
    access = "rw" if record["writable"] else "r"
    limits = "" if record["limits"] is None else f"{record['limits'][0]} .. {record['limits'][1]}"
    return (f"  {record['name']}", access, record["type"], shown, record["units"], limits, record["description"])
