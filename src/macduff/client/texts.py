"""What remote things look like when they are shown; made from what is known, never by asking."""

from __future__ import annotations

from collections.abc import Sequence

from .model import DeviceInfo
from .signature import units_of
from .state import ConnectionState

__all__ = ["attribute_text", "client_text", "device_text"]


def client_text(kind: str, address: str, state: ConnectionState, devices: Sequence[str]) -> str:
    """<Client ws://127.0.0.1:8008, connected, 2 devices: CAM, STAGE>"""
    shown = f": {', '.join(devices[:5])}{', ...' if len(devices) > 5 else ''}" if devices else ""
    return f"<{kind} {address}, {state}, {_count(len(devices), 'device')}{shown}>"


def device_text(info: DeviceInfo) -> str:
    """<device STAGE (A linear stage.): 5 attributes, 2 methods>"""
    line = info.description.strip().partition("\n")[0]
    about = f" ({line if len(line) <= 60 else line[:57] + '...'})" if line else ""
    counts = f"{_count(len(info.attributes), 'attribute')}, {_count(len(info.methods), 'method')}"
    return f"<device {info.name}{about}: {counts}>"


def attribute_text(info: DeviceInfo, name: str) -> str:
    """<attribute STAGE.velocity: VDouble mm/s, writable>"""
    found = info.attributes.get(name)
    if found is None:
        return f"<attribute {info.name}.{name}: not there any more>"
    units = units_of(found.vtype)
    access = "writable" if found.writeable else "read only" if not found.writable else "not writable now"
    return f"<attribute {info.name}.{name}: {found.vtype.name}{f' {units}' if units else ''}, {access}>"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
