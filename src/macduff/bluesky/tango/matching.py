"""Which member of a Tango device a hint means."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from ophyd_async.core import NotConnectedError

__all__ = ["Kind", "a", "match", "near", "plain"]

Kind = Literal["attribute", "pipe", "command"]


def plain(name: str) -> str:
    """The letters and digits of the name, in lower case: `lim_ited_value` and `LimitedValue` are alike."""
    return re.sub(r"[\W_]+", "", name).lower()


def match(hint: str, kind: Kind, members: Mapping[Kind, Iterable[str] | None], where: str) -> str:
    """The name of the member that is meant by `hint`; the hint itself where members of that kind cannot be listed.

    NotConnectedError if there is none or it is ambiguous.
    """
    listed = members.get(kind, ())
    if listed is None:
        return hint
    names = tuple(listed)
    if hint in names:
        return hint
    alike = [name for name in names if plain(name) == plain(hint)]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise NotConnectedError(f"{where}.{hint}: expected one {kind} to be named alike, got {', '.join(alike)}; "
                                f"name one in a @tango_connector")  # fmt: skip
    raise NotConnectedError(f"{where}.{hint}: expected {a(kind)} named alike, got none{near(hint, kind, members)}")


def near(name: str, kind: Kind, members: Mapping[Kind, Iterable[str] | None]) -> str:
    """What may have been meant: similar names of this kind, and alike names of other kinds."""
    spelled: dict[str, list[str]] = {}
    for member in members.get(kind) or ():
        spelled.setdefault(plain(member), []).append(member)
    close = [member for key in difflib.get_close_matches(plain(name), spelled, n=3) for member in spelled[key]]
    other = [
        f"{a(other)} {member}"
        for other, listed in members.items()
        if other != kind
        for member in listed or ()
        if plain(member) == plain(name)
    ]
    said = (
        f"; near: {', '.join(close)}" if close else f"; it has {', '.join(sorted(members.get(kind) or ())) or 'none'}"
    )
    return said + (f"; there is {', '.join(other)}" if other else "")


def a(kind: Kind) -> str:
    """The kind with its article."""
    return f"an {kind}" if kind == "attribute" else f"a {kind}"
