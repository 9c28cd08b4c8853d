"""The names that the framework keeps for itself, and who has which (rule 34)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ..convert.names import device_prefix, pv_name, pvi_name, readback_name

if TYPE_CHECKING:
    from .device import Device

__all__ = ["KEPT", "RESERVED", "Names", "check_device_name", "check_member_names"]

KEPT = frozenset(
    """
    health state status attributes methods fields children name label description tags wire log
    abort reset validate configure run pause rewind resume total_steps completed_steps
    update put wait wait_for wait_all watch start report_wait checkpoint shielded snapshot add_child own_thread
    open_member opens_members wait_async add_attribute remove_attribute set_child to_dict read_attribute write_attribute
    handle_event do_connect do_close do_configure do_run do_rewind do_stop do_abort do_reset
    clock abort_grace configure_on_put
    """.split()
)
"""What devices have themselves: nothing else in an author's class may hide it."""

RESERVED = KEPT | frozenset("meta typeid id path value alarm timeStamp blocks pvi run_result configure_result".split())
"""What no member of a device may be called; those above, and what a protocol means something else by."""

_RESERVED = frozenset(name.lower() for name in RESERVED)


def check_member_names(owner: str, names: Iterable[str], known: Iterable[str] = ()) -> None:
    """TypeError for a member name that some protocol or the framework cannot bear; told where the class is defined.

    known: the names of what it inherits or has already.
    """
    seen = {name.lower(): name for name in known}
    for name in names:
        where = f"{owner}.{name}"
        if name.startswith("_") or not name.isidentifier() or not name.isascii():
            raise TypeError(f"{where}: expected letters, digits and _, beginning with a letter, got {name!r}")
        if name.lower() in _RESERVED:
            raise TypeError(f"{where}: expected a name of its own, got one that macduff keeps for itself; rename it")
        if name.upper().endswith("_RBV"):
            raise TypeError(f"{where}: expected a name that does not end in _RBV, which EPICS keeps for readbacks")
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise TypeError(f"{where}: expected names that differ in more than case, got {other} too")


def check_device_name(name: str) -> None:
    """ValueError for a device name that no protocol could carry."""
    allowed = name.replace(":", "").replace("_", "").replace("-", "")
    if not name or not allowed.isascii() or not allowed.isalnum() or "" in name.split(":"):
        raise ValueError(
            f"device name: expected letters, digits, _, - and : between them, such as BL01:X, got {name!r}"
        )


class Names:
    """The device names of a Process, whatever their case; taken before a device joins, so that of two one wins."""

    def __init__(self, mutex: AbstractContextManager[Any], process: str = ".") -> None:
        """process: the name of the Process, whose own PVs and Tango device are called after it."""
        self._mutex = mutex
        self._process = device_prefix(".", process)
        self._taken: dict[str, Device] = {}
        self._coming: list[dict[str, str]] = []  # PVs of members that are just being added, and what each is of

    def take(self, family: list[Device]) -> None:
        """Take the names of a device and its parts, all or none; ValueError names what they clash with."""
        with self._mutex:
            taken = dict.fromkeys(device.name.lower() for device in family)
            if len(taken) < len(family):
                raise ValueError(f"{family[0].name}: expected parts whose names differ in more than case")
            for device in family:
                if device.name.lower() == self._process.lower():
                    raise ValueError(
                        f"{device.name}: expected a name that differs from that of the Process, {self._process}, got "
                        "the same: on EPICS and Tango the two would be one"
                    )
                other = self._taken.get(device.name.lower())
                if other is not None:
                    raise ValueError(f"{device.name}: expected a name that is free, got one taken by {other.name}")
            new = {device.name.lower(): device for device in family}
            for device in family:
                for name, member in self._clashes(device, new):
                    raise ValueError(
                        f"{name}: expected a device's name that differs from {member}, got the same: one PV for two"
                    )
            self._taken.update(new)

    def _clashes(self, device: Device, new: dict[str, Device]) -> Iterator[tuple[str, str]]:
        """Devices called as a PV of another one: as PVs they would be one."""
        above = device.name.lower().rpartition(":")[0]
        owner = new.get(above) or self._taken.get(above)
        if owner is not None:
            for name, member in _pvs(owner):
                if name == device.name.lower():
                    yield device.name, member
        for coming in self._coming:
            if device.name.lower() in coming:
                yield device.name, coming[device.name.lower()]
        for name, member in _pvs(device):
            below = self._taken.get(name)
            if below is not None:
                yield below.name, member

    @contextmanager
    def member(self, device: Device, name: str) -> Iterator[None]:
        """Inside, no device takes the name of a PV of this new member; ValueError when one has it already."""
        pvs = pv_name(device.name, name).lower(), readback_name(device.name, name).lower()
        coming = dict.fromkeys(pvs, f"{device.name}.{name}")
        with self._mutex:
            for pv in pvs:
                other = self._taken.get(pv)
                if other is not None:
                    raise ValueError(
                        f"{device.name}.{name}: expected a name that no device has, got one of {other.name}"
                    )
            self._coming.append(coming)
        try:
            yield
        finally:
            with self._mutex:
                self._coming = [one for one in self._coming if one is not coming]

    def free(self, names: Iterable[str]) -> None:
        """They may be taken again."""
        with self._mutex:
            for name in names:
                self._taken.pop(name.lower(), None)


def _pvs(device: Device) -> Iterator[tuple[str, str]]:
    """The PVs of a device, in lower case, and what each is of."""
    yield pvi_name(device.name).lower(), f"the list of the PVs of {device.name}"
    for field in device.fields:
        yield pv_name(device.name, field).lower(), f"{device.name}.{field}"
        yield readback_name(device.name, field).lower(), f"the readback of {device.name}.{field}"
