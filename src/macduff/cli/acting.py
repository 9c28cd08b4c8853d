"""`macduff put` and `macduff call`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import NotFound, TimedOut
from . import exits
from .output import Format, Output, aligned, plain, write
from .remote import DEFAULT_ADDRESS, DEFAULT_TIMEOUT, Address, Timeout, Wait, connected, from_text, parts_of, value_of

if TYPE_CHECKING:
    from ..client import DeviceInfo, MethodInfo

__all__ = ["call", "put"]


def put(
    path: str,
    value: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    readback: Annotated[bool, Parameter(negative=(), help="done when the readback confirms the value")] = False,
    wait: Wait = None,
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Write an attribute and wait until that is complete.

    Parameters
    ----------
    path
        DEVICE.ATTRIBUTE
    value
        Text and labels as they are, true or false, anything else as JSON: 2.5, "[1, 2]".
    """
    device, member = parts_of(path)
    with connected(address, timeout) as client:
        attribute = client[device].attributes[member]
        attribute.put(from_text(attribute.vtype, value, path), readback=readback, timeout=wait)


def call(
    path: str,
    /,
    *args: Annotated[str, Parameter(allow_leading_hyphen=True)],
    wait: Wait = None,
    output: Output = "text",
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Call a method, wait for its end and print what it returns. Ctrl-C aborts it and waits for that.

    Parameters
    ----------
    path
        DEVICE.METHOD
    args
        Its arguments: --name VALUE or --name=VALUE, or values in their order. A switch alone is true.
    """
    device, member = parts_of(path)
    with connected(address, timeout) as client:
        info = client.info(device).methods.get(member)
        if info is None:
            raise _no_method(path, client.info(device), member)
        arguments = arguments_of(path, info, args)
        method = getattr(client[device], member)
        result = method(**arguments) if wait is None else _within(path, method.start(**arguments), wait)
        _show(output, info, result)


def _no_method(path: str, device: DeviceInfo, name: str) -> NotFound:
    if name in device.attributes:
        return NotFound(f"{path}: expected a method, got an attribute: get or put it")
    known = ", ".join(device.methods)
    return NotFound(f"{path}: expected a method of {device.name} ({known}), got none of that name")


def _within(path: str, future: Any, wait: float) -> Any:
    try:
        return future.result(wait)
    except TimeoutError as error:
        if future.done():  # the method's own error
            raise
        raise TimedOut(f"{path}: expected its end within {wait:g} s; it still runs") from error


def arguments_of(path: str, method: MethodInfo, tokens: Sequence[str]) -> dict[str, Any]:
    """The arguments that the tokens mean. A token that names none is a usage fault, a bad value a BadValue."""
    from ..values import VBool

    texts: dict[str, str] = {}
    rest = list(tokens)
    while rest:
        token = rest.pop(0)
        if token.startswith("--") and not _is_number(token):
            written, equals, text = token[2:].partition("=")
            name = _argument(path, method, written)
            if not equals:
                if rest and not (rest[0].startswith("--") and not _is_number(rest[0])):
                    text = rest.pop(0)
                elif isinstance(method.takes[name], VBool):
                    text = "true"
                else:
                    raise exits.Usage(f"{path}: --{written}: expected a value, got none")
        else:
            left = [name for name in method.takes if name not in texts]
            if not left:
                raise exits.Usage(f"{path}: expected {_usage(method)}, got {token!r} too")
            name, text = left[0], token
        if name in texts:
            raise exits.Usage(f"{path}: --{name}: expected once, got twice")
        texts[name] = text
    missing = [f"--{name}" for name in method.required if name not in texts]
    if missing:
        raise exits.Usage(f"{path}: expected {_usage(method)}, got no {' and no '.join(missing)}")
    return {name: from_text(method.takes[name], text, f"{path}({name})") for name, text in texts.items()}


def _is_number(text: str) -> bool:
    return text[1:2].isdigit() or text[1:2] == "."


def _argument(path: str, method: MethodInfo, written: str) -> str:
    """The argument of that name; - stands for _ as in every command line."""
    for name in (written, written.replace("-", "_")):
        if name in method.takes:
            return name
    raise exits.Usage(f"{path}: expected {_usage(method)}, got --{written}")


def _usage(method: MethodInfo) -> str:
    if not method.takes:
        return "no arguments"
    return " ".join(f"--{name}" if name in method.required else f"[--{name}]" for name in method.takes)


def _show(style: Format, method: MethodInfo, result: Any) -> None:
    if not method.returns:
        return
    if method.unpacked:
        result = {"return": result}
    record = {
        name: value_of(method.returns[name], value, style) if name in method.returns else value
        for name, value in result.items()
    }
    if style != "text":
        write(style, [record], str)
    elif method.unpacked:
        print(plain(record["return"]))
    else:
        print(aligned(record.items()))
