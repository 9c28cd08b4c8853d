"""The one place that says what devices and their members are called on control systems (rule 34).

EPICS (PVAccess and Channel Access) joins with a colon, Tango has three parts and no colon. Device names hold letters,
digits, "_", "-" and ":" only, so that none of these renamings makes two names one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

__all__ = [
    "PROCESS", "PVI", "RBV", "TANGO_FAMILY", "device_prefix", "local_name", "pv_name", "pva_members", "pvi_entry",
    "pvi_member", "pvi_name", "readback_name", "tango_command", "tango_name", "tango_result",
]  # fmt: skip

PROCESS = "macduff"
"""What the Process itself is called where "." cannot be a name and it was given no other."""

PVI = "PVI"
RBV = "_RBV"
TANGO_FAMILY = "macduff"


def device_prefix(device: str, process: str = ".") -> str:
    """What the PVs of a device begin with, before the colon; the Process goes by its own name."""
    if device != ".":
        return device
    return PROCESS if process == "." else process


def pv_name(device: str, member: str, process: str = ".") -> str:
    """DEVICE:ATTRIBUTE, and DEVICE:METHOD."""
    return f"{device_prefix(device, process)}:{member}"


def readback_name(device: str, member: str, process: str = ".") -> str:
    """The PV of the value where it can differ from the set point (rule 33)."""
    return pv_name(device, member, process) + RBV


def pvi_name(device: str, process: str = ".") -> str:
    """The PV that lists the PVs of a device."""
    return pv_name(device, PVI, process)


_VERBS = frozenset(
    """
    name parent children connect log hints collect_asset_docs get_index read_configuration describe_configuration
    trigger prepare read describe describe_collect collect collect_pages set locate kickoff complete stage unstage pause
    resume stop subscribe clear_sub check_value set_name
    """.split()
)
"""What Bluesky's devices have themselves: a member of that name could not be put on one."""


def pvi_member(name: str) -> str:
    """What a member is called in a PVI: `stop` is `stop_`, for the devices that clients make of a PVI have a stop."""
    return f"{name}_" if name in _VERBS else name


def pvi_entry(device: str, taken: Collection[str]) -> str:
    """What a device is called in the list of all, where names are those of attributes too: X-1:Y is X_1_Y."""
    return _free(device, taken)


def pva_members(names: Iterable[str]) -> dict[str, str]:
    """What the fields of a structure are called on PVAccess, which knows letters of ASCII, digits and "_" only."""
    names = list(names)
    found = {name: name for name in names if _free(name, ()) == name}
    for name in names:
        found.setdefault(name, _free(name, found.values()))
    return {name: found[name] for name in names}


def _free(name: str, taken: Collection[str]) -> str:
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    if not plain or plain[0].isdigit():
        plain = f"_{plain}"
    while plain in taken:
        plain += "_"
    return plain


def tango_name(device: str, domain: str, process: str = ".") -> str:
    """domain/macduff/device, in lower case, for Tango compares without case; "." stands for the colons."""
    return f"{domain}/{TANGO_FAMILY}/{device_prefix(device, process)}".replace(":", ".").lower()


def tango_result(method: str) -> str:
    """The attribute that tells of a command which returns at once (rule 38)."""
    return f"{method}_result"


def tango_command(method: str, taken: Collection[str]) -> str:
    """The command of a method: its name, with "_" behind it where Tango or PyTango keeps that for itself."""
    return f"{method}_" if method.lower() in taken else method


def local_name(there: str) -> str:
    """Our name for a device elsewhere, where nobody gives it one: "sys/tg_test/1" becomes "sys:tg_test:1"."""
    return ":".join(part for part in re.sub(r"[^A-Za-z0-9_-]", ":", there).split(":") if part)
