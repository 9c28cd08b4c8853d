"""Devices and their classes as variables of the shell, where nobody else has the name."""

from __future__ import annotations

import builtins
import keyword
from typing import Any

from .classes import DeviceClass
from .session import Session, Undo

__all__ = ["DEVICES", "Variables", "install"]

DEVICES = "devices"
"""The variable that is the client: `devices["BL01:X"]` for names that are no variables."""


class Variables:
    """Keeps the shell's variables like what there is: before a cell runs, and when names are completed.

    What the user has assigned is never touched, and comes before ours.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ours: dict[str, Any] = {}
        self._classes: dict[str, DeviceClass] = {}

    def sync(self) -> None:
        """Make the variables what they should be now; nothing is asked for."""
        wanted = self._wanted()
        space, hidden = self._session.shell.user_ns, self._session.shell.user_ns_hidden
        for name, value in list(self._ours.items()):
            if wanted.get(name) is not value:
                del self._ours[name]
                if space.get(name) is value:
                    del space[name]
                    hidden.pop(name, None)
        for name, value in wanted.items():
            if name not in space:
                space[name] = hidden[name] = self._ours[name] = value

    def _wanted(self) -> dict[str, Any]:
        if not self._session.address:
            return {}
        inventory = self._session.inventory
        names: dict[str, Any] = {DEVICES: self._session.client}
        for kind in inventory.classes():
            names.setdefault(kind, self._class(kind))
        for name, device in inventory.devices().items():
            if name != DEVICES:
                names[name] = device
        return {name: value for name, value in names.items() if _spellable(name)}

    def _class(self, name: str) -> DeviceClass:
        return self._classes.setdefault(name, DeviceClass(self._session.inventory, name))

    def clear(self) -> None:
        """Take all of ours away."""
        space, hidden = self._session.shell.user_ns, self._session.shell.user_ns_hidden
        for name, value in self._ours.items():
            if space.get(name) is value:
                del space[name]
                hidden.pop(name, None)
        self._ours.clear()


def _spellable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not hasattr(builtins, name)


def install(session: Session) -> Undo:
    """Variables follow the server's devices."""
    variables = Variables(session)
    events = session.shell.events

    def before(*_: object) -> None:
        variables.sync()

    events.register("pre_run_cell", before)
    session.before_names.append(variables.sync)

    def undo() -> None:
        events.unregister("pre_run_cell", before)
        session.before_names.remove(variables.sync)
        variables.clear()

    return undo
