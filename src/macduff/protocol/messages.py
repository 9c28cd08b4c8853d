"""Requests from frames, and what to answer when a frame holds none.

Size and depth are checked before parsing. Where JSON libraries disagree: NaN as a bare word, lone surrogates and
trailing text make a message that cannot be parsed; numbers that no float holds (1e999) are refused; integers are
exact whatever their size, and their type decides; of duplicate keys the last counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from macduff.errors import BadValue, MacduffError
from macduff.limits import Limits

from . import typeids
from .dialect import Dialect

__all__ = ["Get", "MOST_ID", "NO_ID", "Post", "Put", "Refusal", "Request", "Subscribe", "Unsubscribe", "parse"]

MOST_ID: Final = 2**53 - 1
NO_ID: Final = -1


class Get(Struct, tag_field="typeid", tag=typeids.GET):
    """Ask for the structure at a path."""

    id: int
    path: list[str]


class Put(Struct, tag_field="typeid", tag=typeids.PUT):
    """Write an attribute; `get` asks for the value read back. `readback` is ours: done when the readback confirms."""

    id: int
    path: list[str]
    value: Any = UNSET
    get: bool | None = None
    readback: bool | None = None


class Post(Struct, tag_field="typeid", tag=typeids.POST):
    """Call a method. `abort_on_disconnect` is ours: abort the device when the connection goes before the end."""

    id: int
    path: list[str]
    parameters: dict[str, Any] | None = None
    abort_on_disconnect: bool | None = None


class Subscribe(Struct, tag_field="typeid", tag=typeids.SUBSCRIBE):
    """Ask for the present value and each change.

    Ours: `policy`, latest or every; `period`, at least so many seconds a message; `columns`, readings side by side.
    """

    id: int
    path: list[str]
    delta: bool | None = None
    policy: Any = None
    period: Any = None
    columns: bool | None = None


class Unsubscribe(Struct, tag_field="typeid", tag=typeids.UNSUBSCRIBE):
    """End the subscription of that id."""

    id: int


Request = Get | Put | Post | Subscribe | Unsubscribe


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is no request: answered by this error under this id, -1 when there was none to use."""

    id: int
    error: MacduffError


class _Identified(Struct):
    id: Any = UNSET
    typeid: Any = UNSET


class _StrictPut(Struct, tag_field="typeid", tag=typeids.PUT):
    """Put without our members: an unknown member is ignored, whatever it holds."""

    id: int
    path: list[str]
    value: Any = UNSET
    get: bool | None = None


class _StrictPost(Struct, tag_field="typeid", tag=typeids.POST):
    id: int
    path: list[str]
    parameters: dict[str, Any] | None = None


class _StrictSubscribe(Struct, tag_field="typeid", tag=typeids.SUBSCRIBE):
    id: int
    path: list[str]
    delta: bool | None = None


_Strict = Get | _StrictPut | _StrictPost | _StrictSubscribe | Unsubscribe

_STRICT = msgspec.json.Decoder(_Strict)
_OURS = msgspec.json.Decoder(Request)
_OURS_BINARY = msgspec.msgpack.Decoder(Request)
_IDENTIFIED = msgspec.json.Decoder(_Identified)
_IDENTIFIED_BINARY = msgspec.msgpack.Decoder(_Identified)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_LIST_BINARY = msgspec.msgpack.Decoder(list[msgspec.Raw])

_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.|\\\Z)*+(?:"|\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def parse(frame: str | bytes, dialect: Dialect, limits: Limits) -> Sequence[Request | Refusal]:
    """The requests in a frame, in order; each that is none is a Refusal. A frame is one message, or ours a list."""
    if isinstance(frame, str) is dialect.encoding.binary:
        wanted, got = ("binary", "text") if dialect.encoding.binary else ("text", "binary")
        return [_refuse(f"frame: expected a {wanted} frame with {dialect.name}, got a {got} one")]
    try:
        data = frame.encode() if isinstance(frame, str) else frame
    except UnicodeEncodeError:
        return [_refuse("message: expected text in UTF-8, got lone surrogates")]
    if len(data) > limits.message_size:
        return [_refuse(f"message: expected at most {limits.message_size} bytes, got {len(data)}")]
    if dialect.encoding.binary:
        return _batch(data, _LIST_BINARY, dialect, limits)
    if _depth(data, limits.message_depth) > limits.message_depth:
        return [_refuse(f"message: expected at most {limits.message_depth} levels of nesting, got more")]
    if dialect.ours and data.lstrip(b" \t\r\n")[:1] == b"[":
        return _batch(data, _LIST, dialect, limits)
    return [_one(data, dialect, limits)]


def _batch(
    data: bytes, decoder: msgspec.json.Decoder[Any] | msgspec.msgpack.Decoder[Any], dialect: Dialect, limits: Limits
) -> Sequence[Request | Refusal]:
    try:
        raws = decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return [_refuse(f"message: expected a list of messages, got what cannot be parsed ({error})")]
    if len(raws) > limits.in_flight:
        return [_refuse(f"message: expected at most {limits.in_flight} messages in a frame, got {len(raws)}")]
    return [_one(bytes(raw), dialect, limits) for raw in raws]


def _one(data: bytes, dialect: Dialect, limits: Limits) -> Request | Refusal:
    decoder: Any = _OURS_BINARY if dialect.encoding.binary else _OURS if dialect.ours else _STRICT
    try:
        request = decoder.decode(data)
    except msgspec.ValidationError as error:
        return _diagnose(data, dialect, str(error))
    except RecursionError:
        return _refuse(f"message: expected at most {limits.message_depth} levels of nesting, got more")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _refuse(f"message: expected a message, got what cannot be parsed ({error})")
    if not 0 <= request.id <= MOST_ID:
        return _refuse(f"id: expected an integer from 0 to 2**53-1, got {_short(request.id)}")
    if dialect.encoding.binary and _deep(request, limits.message_depth):
        message = f"message: expected at most {limits.message_depth} levels of nesting, got more"
        return Refusal(request.id, BadValue(message))
    return _completed(request)


def _completed(request: Any) -> Request:
    """The full form of a request: strict ones have no members of ours."""
    if isinstance(request, _StrictPut):
        return Put(request.id, request.path, request.value, request.get)
    if isinstance(request, _StrictPost):
        return Post(request.id, request.path, request.parameters)
    if isinstance(request, _StrictSubscribe):
        return Subscribe(request.id, request.path, request.delta)
    found: Request = request
    return found


def _diagnose(data: bytes, dialect: Dialect, reason: str) -> Refusal:
    """What is wrong with a message that is well-formed: under its id when that can be used."""
    decoder: Any = _IDENTIFIED_BINARY if dialect.encoding.binary else _IDENTIFIED
    try:
        known = decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _refuse(f"message: expected an object with typeid and id, got something else ({reason})")
    identity = known.id
    if isinstance(identity, UnsetType) or type(identity) is not int or not 0 <= identity <= MOST_ID:
        got = "none" if identity is UNSET else _short(identity)
        return _refuse(f"id: expected an integer from 0 to 2**53-1, got {got}")
    names = (typeids.GET, typeids.PUT, typeids.POST, typeids.SUBSCRIBE, typeids.UNSUBSCRIBE)
    if known.typeid not in names:
        got = "none" if known.typeid is UNSET else _short(known.typeid)
        return Refusal(identity, BadValue(f"typeid: expected one of {', '.join(names)}, got {got}"))
    return Refusal(identity, BadValue(f"{known.typeid}: {reason}"))


def _depth(data: bytes, enough: int) -> int:
    """How deep brackets nest outside strings; 0 when so few brackets cannot nest deeper than `enough`."""
    if data.count(b"[") + data.count(b"{") <= enough:
        return 0
    brackets = _STRINGS.sub(b"", data).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _deep(request: Request, most: int) -> bool:
    """Whether what was parsed nests deeper: msgpack allows no cheap look beforehand, its parser stops at 1000."""
    level: list[Any] = [getattr(request, "value", None), getattr(request, "parameters", None)]
    for _ in range(most):
        level = [
            inner
            for item in level
            if isinstance(item, (list, dict))
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, (list, dict))
        ]
        if not level:
            return False
    return True


def _refuse(message: str) -> Refusal:
    return Refusal(NO_ID, BadValue(message))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
