"""What a method takes and returns, read from its signature and annotations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_type_hints

from ..errors import BadValue
from ..telling import did_you_mean
from ..values import VMap, VType, vtype_of
from .states import DState

__all__ = ["MethodSpec", "check_blocking", "spec_of"]


@dataclass(frozen=True)
class MethodSpec:
    """What a method takes and returns, and how it behaves while another call holds the device."""

    name: str
    description: str
    takes: Mapping[str, VType[Any]]
    required: tuple[str, ...]
    defaults: Mapping[str, Any]
    returns: Mapping[str, VType[Any]]
    unpacked: bool
    busy: str = "refuse"
    only_in: frozenset[DState] | None = None
    event: str = ""  # "configure", "run", ...: one of the state machine's own
    slow: bool = False
    label: str = ""
    tags: tuple[str, ...] = ()
    like: Mapping[str, str] = field(default_factory=dict)  # argument or "return" -> the attribute whose type it has

    def now(self, attributes: Mapping[str, Any]) -> MethodSpec:
        """With the types that the attributes in `like` have now."""
        if not self.like:
            return self
        types = {part: attributes[name].vtype for part, name in self.like.items()}
        returns = {"return": types.pop("return")} if "return" in types else self.returns
        return replace(self, takes={**self.takes, **types}, returns=returns)

    def check_like(self, where: str, attributes: Mapping[str, Any]) -> None:
        """TypeError for an attribute in `like` that the device has not."""
        for part, name in self.like.items():
            if name not in attributes:
                got = f"{name!r}{did_you_mean(name, attributes)}"
                raise TypeError(f"{where}: like={{{part!r}: ...}}: expected an attribute of the device, got {got}")

    def bind(self, where: str, parameters: Mapping[str, Any] | Sequence[Any] | None) -> dict[str, Any]:
        """The arguments of a call, validated and control limits applied; BadValue names the first that is wrong."""
        if parameters is None:
            given: dict[str, Any] = {}
        elif isinstance(parameters, Mapping):
            given = dict(parameters)
        else:
            names = tuple(self.takes)
            if len(parameters) > len(names):
                raise BadValue(f"{where}: expected at most {len(names)} arguments, got {len(parameters)}")
            given = dict(zip(names, parameters, strict=False))
        for name in given:
            if name not in self.takes:
                raise BadValue(f"{where}: expected {self._expected()}, got {name!r}{did_you_mean(name, self.takes)}")
        missing = [name for name in self.required if name not in given]
        if missing:
            raise BadValue(f"{where}: expected {self._expected()}, got no {', '.join(missing)}")
        return {name: self.takes[name].validate_setpoint(value, f"{where}({name})") for name, value in given.items()}

    def _expected(self) -> str:
        return f"the arguments {', '.join(self.takes)}" if self.takes else "no arguments"

    def result(self, where: str, value: Any) -> Any:
        """What the method returned, validated against its annotation."""
        if not self.returns:
            return None
        if self.unpacked:
            return self.returns["return"].validate(value, f"{where} returned")
        if not isinstance(value, Mapping):
            raise BadValue.of(f"{where} returned", f"a mapping with {', '.join(self.returns)}", value)
        return {
            name: vtype.validate(value.get(name), f"{where} returned {name}") for name, vtype in self.returns.items()
        }


def check_blocking(function: Callable[..., Any]) -> None:
    """TypeError for a coroutine or a generator where plain code is called: it would do nothing."""
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(
            f"{function.__qualname__}: expected a plain def, got async def; device code blocks, and "
            f"self.wait_async(coroutine) waits for what is written for asyncio"
        )
    if inspect.isgeneratorfunction(function):
        raise TypeError(f"{function.__qualname__}: expected a plain def that returns its result, got one with yield")


def spec_of(function: Callable[..., Any], *, name: str, **options: Any) -> MethodSpec:
    """Read a MethodSpec from a function's signature and annotations; TypeError names what is missing."""
    hints = get_type_hints(function, include_extras=True)
    takes: dict[str, VType[Any]] = {}
    required: list[str] = []
    defaults: dict[str, Any] = {}
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        where = f"{function.__qualname__}({parameter.name})"
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            raise TypeError(f"{where}: expected a named argument with an annotation, got {parameter}")
        if parameter.name not in hints:
            raise TypeError(f"{where}: expected an annotation such as {parameter.name}: float, got none")
        takes[parameter.name] = vtype_of(hints[parameter.name])
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        else:
            defaults[parameter.name] = takes[parameter.name].validate(parameter.default, where)
    returns, unpacked = _returns(function, hints)
    for part in options.get("like", ()):
        if part not in takes and not (part == "return" and unpacked):
            known = ", ".join([*takes, *(["return"] if unpacked else [])]) or "none, for it takes and returns nothing"
            raise TypeError(f"{function.__qualname__}: like: expected an argument ({known}), got {part!r}")
    return MethodSpec(
        name, inspect.getdoc(function) or "", takes, tuple(required), defaults, returns, unpacked, **options
    )


def _returns(function: Callable[..., Any], hints: Mapping[str, Any]) -> tuple[dict[str, VType[Any]], bool]:
    if "return" not in hints:
        raise TypeError(f"{function.__qualname__}: expected an annotation of the result, -> None when there is none")
    if hints["return"] in (None, type(None)):
        return {}, False
    vtype = vtype_of(hints["return"])
    if isinstance(vtype, VMap):
        return dict(vtype.fields), False
    return {"return": vtype}, True
