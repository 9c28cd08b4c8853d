"""Data against a model: every fault in the project's own words, at its place in the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from ..telling import did_you_mean
from .text import Document, Path

__all__ = ["check", "check_type", "dotted", "shown"]

M = TypeVar("M", bound=BaseModel)


def check(document: Document, path: Path, data: Any, model: type[M], where: str = "") -> M | None:
    """The model of `data`, which stands at `path`; None when there were faults. Nothing is an empty mapping."""
    try:
        return model.model_validate({} if data is None else data)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            _add(document, path, detail, _known(model, detail["loc"]), where)
        return None


def check_type(document: Document, path: Path, data: Any, adapter: TypeAdapter[Any], where: str) -> tuple[bool, Any]:
    """Like `check`, for one value of any type. Taken as JSON: text may be a Path or an Enum's value, never a number."""
    try:
        return True, adapter.validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            _add(document, path, detail, [], where)
        return False, None


def _add(document: Document, path: Path, detail: Any, known: list[str], where: str) -> None:
    inside: Path = tuple(detail["loc"])
    full = (*path, *inside)
    name = dotted(inside, where) if where else dotted(full)
    message = detail["msg"]
    match detail["type"]:
        case "missing":
            document.fault(full, f"{name}: expected a value, got none")
        case "extra_forbidden":
            last = str(inside[-1])
            owner = dotted(full[:-1]) or "the file"
            hint = did_you_mean(last, known)
            document.fault(full, f"{owner}: expected one of {', '.join(known)}, got {last!r}{hint}", at_key=True)
        case "model_type" | "dict_type":
            document.fault(full, f"{name or 'the file'}: expected a mapping, got {shown(detail['input'])}")
        case _ if message.startswith("Input should be "):
            expected = _WORDS.get(detail["type"]) or message.removeprefix("Input should be ").replace("a valid ", "a ")
            got = shown(detail["input"])
            document.fault(full, f"{name}: expected {expected}, got {got}{_hint(detail['type'], detail['input'])}")
        case _:
            document.fault(full, f"{name}: {message}")


_WORDS = {"bool_type": "true or false", "int_type": "an integer", "string_type": "text"}
_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _hint(kind: str, given: Any) -> str:
    """How to write what was probably meant."""
    if kind == "bool_type" and isinstance(given, str):
        meant = _SWITCHES.get(given.lower(), given.lower())
        return f"; did you mean {meant}?" if meant in ("true", "false") else ""
    if kind == "int_type" and isinstance(given, str) and given.strip().lstrip("+-").isdecimal():
        return f"; did you mean {given.strip()}, without quotes?"
    if kind == "string_type" and isinstance(given, int | float):
        written = json.dumps(given)
        return f'; put it into quotes: "{written}"'
    return ""


def _known(model: type[BaseModel], inside: Sequence[Any]) -> list[str]:
    """The names that the model at `inside` has."""
    for part in inside[:-1]:
        inner = model.model_fields[part].annotation
        if not isinstance(inner, type) or not issubclass(inner, BaseModel):
            return []
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def dotted(path: Path, start: str = "") -> str:
    """A path as people write it: servers.web.port, devices[2].name."""
    text = start
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def shown(value: Any) -> str:
    """A value for a message, cut to 60 characters."""
    text = "nothing" if value is None else "a mapping" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
