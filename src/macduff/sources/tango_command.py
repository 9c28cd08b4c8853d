"""Commands of Tango devices as methods of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core import Device, DState
from ..core.method import BUSY, Published
from ..values import VType
from .tango import library
from .tango.method import BoundCommand, Declared
from .texts import fill

__all__ = ["TangoCommand"]


@dataclass(frozen=True)
class _Command:
    """The source of a method: which command, and what was declared of it."""

    command: str
    declared: Declared
    timeout: float | None
    simulate: Callable[..., Any] | None

    def bind(self, method: Any, arguments: Mapping[str, Any], simulate: bool) -> BoundCommand:
        where = f"{method.device.name}.{method.name}"
        device, member = library.split(fill(self.command, arguments, where), where)
        if not simulate:
            library.load()
        return BoundCommand(method, device, member, self.declared, self.timeout, simulate, self.simulate)


def TangoCommand(  # it makes a published method, and is written where a class would be
    command: str,
    description: str = "",
    *,
    takes: VType[Any] | None = None,
    returns: VType[Any] | None = None,
    timeout: float | None = None,
    simulate: Callable[..., Any] | None = None,
    busy: str = "refuse",
    only_in: Iterable[DState] | None = None,
    slow: bool = False,
    label: str = "",
    tags: Iterable[str] = (),
) -> Published[Any, ..., Any]:
    """A method that is a command of a Tango device: `move = TangoCommand("{device}/MoveTo", "Go there")`.

    The constructor's arguments fill `{device}`. What it takes, as `argin`, and returns are the command's own, known
    when the device is there; takes and returns tell more of them, such as units and limits, and before that. timeout:
    seconds for the command, else Tango's 3. simulate: what is called instead under `simulate: true`. The rest is as in
    `publish_method`.
    """
    if busy not in BUSY:
        raise TypeError(f"TangoCommand: expected busy to be one of {', '.join(BUSY)}, got {busy!r}")

    def call(device: Device, *args: Any, **kwargs: Any) -> Any:
        binding = device.methods[published.name].binding
        if not isinstance(binding, BoundCommand):
            raise RuntimeError(
                f"{device.name}.{published.name}: expected a device that was added to a Process, got none"
            )
        return binding.call(args, kwargs)

    call.__doc__ = description
    options: dict[str, Any] = {
        "busy": busy,
        "only_in": None if only_in is None else frozenset(only_in),
        "slow": slow,
        "label": label,
        "tags": tuple(tags),
        "like": {},
    }
    source = _Command(command, Declared(takes, returns), timeout, simulate)
    published: Published[Any, ..., Any] = Published(call, options, dynamic=True, source=source)
    return published
