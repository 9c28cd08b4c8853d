"""Which members of an attribute's meta a new type changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from macduff.values import VType

from .dialect import MACDUFF
from .kinds import attribute_typeid, meta_typeid
from .metas import meta_of

__all__ = ["meta_changes"]


def _plain_meta(vtype: VType[Any]) -> dict[str, Any]:
    return meta_of(
        vtype, MACDUFF, description=vtype.description, tags=vtype.tags, writable=True, writeable=True, label=vtype.label
    )


def meta_changes(old: VType[Any], new: VType[Any]) -> Iterator[str]:
    """Which members of a meta differ; "" when the types' forms do, so that the whole must be sent again."""
    forms = [(attribute_typeid(vtype, True), meta_typeid(vtype, True)) for vtype in (old, new)]
    before, after = (_plain_meta(vtype) for vtype in (old, new))
    if forms[0] != forms[1] or before.keys() != after.keys():
        yield ""
        return
    for name, value in after.items():
        if name == "display":
            yield from (f"meta.display.{key}" for key in value if value[key] != before[name][key])
        elif value != before[name]:
            yield f"meta.{name}"
