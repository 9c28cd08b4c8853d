"""`X?` and `X.velocity?`: the device and the attribute themselves, where IPython would tell of Python's float."""

from __future__ import annotations

import re

from macduff.client import RemoteDevice

from .resolving import Value, resolve
from .session import Session, Undo

__all__ = ["install"]

_ASKED = re.compile(r"\s*(?P<expression>[^?]+?)\s*\?{1,2}\s*")


def install(session: Session) -> Undo:
    """What is asked for in this way is shown as it shows itself; everything else is IPython's."""

    def rewritten(lines: list[str]) -> list[str]:
        asked = _ASKED.fullmatch(lines[0]) if len(lines) == 1 else None
        if asked is None:
            return lines
        shown = _shown(session, asked["expression"])
        return [f"{shown}\n"] if shown else lines

    transforms = session.shell.input_transformers_cleanup
    transforms.append(rewritten)
    return lambda: transforms.remove(rewritten)


def _shown(session: Session, expression: str) -> str:
    """The expression for the device or attribute that is asked for; "" for anything else."""
    for refresh in session.before_names:  # what is asked for first may be a device that no cell has named yet
        refresh()
    space, inventory = session.shell.user_ns, session.inventory
    found = resolve(expression, space, inventory)
    if isinstance(found, RemoteDevice) or (isinstance(found, Value) and found.named):
        return expression
    device, _, name = expression.rpartition(".")
    if isinstance(found, Value) and isinstance(resolve(device.rstrip(), space, inventory), RemoteDevice):
        return f'{device}.attributes["{name.strip()}"]'
    return ""
