"""What may stand at the cursor: devices, attributes, methods, parameters, labels; from what is known here."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from macduff.client import Attributes, Client, RemoteAttribute, RemoteDevice, RemoteMethod
from macduff.client.signature import annotation_of
from macduff.values import VArray, VBool, VEnum, VType

from .classes import DeviceClass
from .cursor import Cursor, cursor_at, expression_of
from .inventory import Inventory
from .resolving import Put, Value, fields_of, resolve

__all__ = ["Proposal", "Proposals", "proposals"]

_TARGET = re.compile(r"(.*?)\s*(?:=|==|!=)\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One text that may stand there, and what it is: "attribute", "function", "device", "param", "value"."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """What may replace `typed`, and whether anything else makes sense there."""

    typed: str
    found: tuple[Proposal, ...]
    alone: bool


def proposals(source: str, after: str, space: Mapping[str, Any], inventory: Inventory) -> Proposals | None:
    """For what stands before the cursor and behind it; None where nothing of ours may stand."""
    cursor = cursor_at(source)
    if cursor.comment:
        return None
    found = list(_in_string(cursor, space, inventory) if cursor.quote else _outside(cursor, space, inventory))
    alone = not cursor.typed or bool(cursor.quote) or cursor.before.rstrip().endswith(".")
    if cursor.quote:
        found = [Proposal(_quoted(each.text, cursor.quote, after), each.kind) for each in found]
    fitting = tuple(each for each in found if each.text.startswith(cursor.typed))
    return Proposals(cursor.typed, fitting, alone) if fitting else None


def _quoted(text: str, quote: str, after: str) -> str:
    """The text as it stands in that string, and the quote that ends it where there is none yet."""
    text = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if after.startswith(quote) else text + quote


def _in_string(cursor: Cursor, space: Mapping[str, Any], inventory: Inventory) -> Iterator[Proposal]:
    before = cursor.before.rstrip()
    if cursor.bracket() == "[" and before.endswith("["):
        container = resolve(cursor.opener(), space, inventory)
        if isinstance(container, Client):
            yield from _all(inventory.names(), "device")
        elif isinstance(container, Attributes):
            yield from _all(container, "attribute")
        return
    for vtype in _expected(cursor, space, inventory):
        yield from _all(_labels(vtype), "value")
    if cursor.bracket() == "(" and before.endswith("("):
        called = resolve(cursor.opener(), space, inventory)
        if isinstance(called, DeviceClass):
            yield from _all(called.names, "device")


def _outside(cursor: Cursor, space: Mapping[str, Any], inventory: Inventory) -> Iterator[Proposal]:
    before = cursor.before.rstrip()
    if before.endswith("."):
        yield from _members(resolve(expression_of(before[:-1]), space, inventory), inventory)
        return
    for vtype in _expected(cursor, space, inventory):
        if isinstance(vtype, VBool):
            yield from _all(("True", "False"), "value")
        else:
            yield from _all((f'"{_quoted(label, chr(34), chr(34))}"' for label in _labels(vtype)), "value")
    argument = cursor.argument()
    if argument is not None and not argument[1] and not argument[2]:
        given = set(re.findall(r"[(,]\s*([A-Za-z_]\w*)\s*=(?!=)", cursor.source[cursor.opened[-1] :]))
        taken = list(_parameters(resolve(cursor.opener(), space, inventory)))
        free = [name for place, name in enumerate(taken) if name not in given and place >= argument[0] - len(given)]
        yield from _all((f"{name}=" for name in free), "param")


def _expected(cursor: Cursor, space: Mapping[str, Any], inventory: Inventory) -> Iterator[VType[Any]]:
    """The type of what is assigned, compared or given at the cursor."""
    argument = cursor.argument()
    if argument is None or argument[2]:
        target = _TARGET.match(cursor.before if argument is None else argument[2])
        value = resolve(expression_of(target[1]), space, inventory) if target else None
        if isinstance(value, Value) and not value.named:
            yield value.info.vtype
        return
    place, given, _ = argument
    called = resolve(cursor.opener(), space, inventory)
    taken = _parameters(called)
    if given in taken:
        yield taken[given]
    elif not given and place < len(taken) and not (isinstance(called, Put) and called.device is not None):
        yield list(taken.values())[place]


def _parameters(called: Any) -> Mapping[str, VType[Any]]:
    if isinstance(called, RemoteMethod):
        return called.info.takes
    if isinstance(called, Put) and called.device is not None:
        attributes = called.device._mirror.info.attributes
        return {name: info.vtype for name, info in attributes.items() if info.writable or info.writeable}
    if isinstance(called, Put) and called.info is not None:
        return {"value": called.info.vtype}
    return {}


def _labels(vtype: VType[Any]) -> Iterable[str]:
    if isinstance(vtype, VArray):
        vtype = vtype.element
    return vtype.labels if isinstance(vtype, VEnum) else ()


def _members(found: Any, inventory: Inventory) -> Iterator[Proposal]:
    if isinstance(found, RemoteDevice):
        methods = found._mirror.info.methods
        for name in filter(_spellable, fields_of(found)):
            yield Proposal(name, "function" if name in methods else "attribute")
        yield from (Proposal("attributes", "attribute"), Proposal("put", "function"))
    elif isinstance(found, Client):
        yield from _all(filter(_spellable, inventory.names()), "device")
        yield from _all(_public(Client), "attribute")
    elif isinstance(found, RemoteMethod):
        yield from (Proposal("start", "function"), Proposal("info", "attribute"))
    elif isinstance(found, Value):
        kind = RemoteAttribute if found.named else annotation_of(found.info.vtype)
        kind = kind if isinstance(kind, type) else str  # the labels of an enum
        yield from _all(_public(kind), "attribute")


def _spellable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _public(kind: type) -> list[str]:
    return [name for name in dir(kind) if not name.startswith("_")]


def _all(names: Iterable[str], kind: str) -> Iterator[Proposal]:
    return (Proposal(name, kind) for name in names)
