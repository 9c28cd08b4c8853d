"""Names that are not there: one error that says what was meant, whichever way the name was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from macduff.errors import NotFound
from macduff.telling import did_you_mean

__all__ = ["UnknownName", "split_path", "suggestion", "unknown_device", "unknown_member"]


class UnknownName(NotFound, AttributeError, KeyError):
    """A device, attribute, method or parameter that is not there.

    It is an AttributeError and a KeyError too, so that `hasattr`, `getattr` with a default, `in` and `Mapping.get`
    work on remote things as on any others.
    """

    def __init__(self, message: str, **place: Any) -> None:
        super().__init__(message, **place)
        self.name = self.obj = None  # else Python finds a suggestion of its own and prints it behind ours

    def __str__(self) -> str:
        return self.message


def suggestion(name: str, known: Iterable[str]) -> str:
    """ "; did you mean ...?" or, when nothing is near, what there is (at most ten names); "" for an empty choice."""
    names = list(known)
    if not names:
        return ""
    shown = ", ".join(names[:10])
    return did_you_mean(name, names, 3) or f"; there are {shown}{', ...' if len(names) > 10 else ''}"


def unknown_device(name: str, devices: Iterable[str], server: str) -> UnknownName:
    """The error for a device that a server does not have."""
    names = tuple(devices)
    hint = suggestion(name, names) or "; it has no devices"
    return UnknownName(f"{server}: no device {name!r}{hint}", device=name, allowed=names)


def unknown_member(device: str, name: str, members: Iterable[str], what: str = "attribute or method") -> UnknownName:
    """The error for a member that a device does not have."""
    names = tuple(members)
    return UnknownName(
        f"{device}: no {what} {name!r}{suggestion(name, names)}", device=device, member=name, allowed=names
    )


def split_path(path: str) -> tuple[str, str]:
    """("STAGE", "position") from "STAGE.position"; ValueError for what is no such path.

    No device has a dot in its name, so that the first one ends it; that of the Process is a dot.
    """
    device, _, member = (".", "", path[2:]) if path.startswith("..") else path.partition(".")
    if not device or not member:
        raise ValueError(f"path: expected 'DEVICE.attribute', got {path!r}")
    return device, member
