"""The class that a configuration names: found, imported, and known to be a device."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from ..core.device import Device
from ..telling import described, did_you_mean, place

__all__ = ["READY_MADE", "WrongClass", "device_class", "look_in"]

READY_MADE = "macduff.devices"
"""Where a name without dots is looked up."""


class WrongClass(Exception):
    """No such device class; the message says what was expected and what was found."""


def look_in(folder: Path) -> None:
    """Modules beside the configuration file may be named in it, as if one stood in that folder."""
    entry = str(folder.resolve())
    if entry not in sys.path:
        sys.path.insert(0, entry)


def device_class(path: str) -> type[Device]:
    """The class of `package.module.Class`, or the ready-made one of a name without dots. Raises WrongClass."""
    module_name, _, name = path.rpartition(".")
    if not all(part.isidentifier() for part in path.split(".")):
        raise WrongClass(f"expected package.module.Class or the name of a ready-made device, got {path!r}")
    module = _module(module_name or READY_MADE, path)
    found = getattr(module, name, None)
    if not isinstance(found, type) or not issubclass(found, Device) or found.__module__.startswith("macduff.core"):
        raise WrongClass(_not_there(module, name, found, ready_made=not module_name))
    return found


def _module(name: str, path: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            beside = f"; it is looked for in {sys.path[0]} and among what is installed"
            raise WrongClass(f"expected a module, got {name!r}, which there is not{beside}") from None
        raise WrongClass(f"expected {path} to be importable, got {_told(error)}") from error
    except Exception as error:  # whatever the author's module raises is the author's to read, with its place
        raise WrongClass(f"expected {path} to be importable, got {_told(error)}") from error


def _told(error: Exception) -> str:
    """Type, text and place of what a module raised; before Python 3.12 `__set_name__` hides it in another error."""
    cause = error.__cause__
    if cause is None or not (isinstance(error, RuntimeError) and "__set_name__" in str(error)):
        return described(error)
    return described(cause.with_traceback(cause.__traceback__ if place(cause) else error.__traceback__))


def _not_there(module: ModuleType, name: str, found: object, *, ready_made: bool) -> str:
    known = sorted(
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Device) and not value.__module__.startswith("macduff.core")
    )
    if ready_made:
        known = sorted({*known, *getattr(module, "__all__", ())})
        allowed = f"package.module.Class or a ready-made device ({', '.join(known)})"
    else:
        allowed = f"a device class of {module.__name__} ({', '.join(known) or 'it has none'})"
    got = f"{name!r}, which is none" if found is not None else f"{name!r}"
    return f"expected {allowed}, got {got}{did_you_mean(name, known)}"
