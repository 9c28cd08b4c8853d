"""What IPython shows of devices, attributes and methods; told to its formatters, the client knows nothing of it.

A device and an attribute are read, one get each, when they are shown; when that fails they say why and show what is
known of them. A repr inside of something else, such as a list, stays on its line and asks nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from macduff.client import Attributes, RemoteAttribute, RemoteDevice, RemoteMethod
from macduff.client.describe import AttributeState
from macduff.client.signature import units_of
from macduff.client.typed import TypedDevice
from macduff.errors import MacduffError
from macduff.values import Severity
from macduff.values.text import clean, value_text

from . import notebook, reprs
from .reprs_rows import DeviceShown, Fact, attribute_facts, device_shown, method_facts, with_units

if TYPE_CHECKING:
    from rich.console import RenderableType

    from .session import Session, Undo

__all__ = ["install"]

Pretty = Callable[[Any, Any, bool], None]
Text = Callable[[Any], "RenderableType"]
Html = Callable[[Any], str]


def install(session: Session) -> Undo:
    """Into the formatters for terminals and for notebooks."""
    display: Any = session.shell.display_formatter  # a trait, of which not every type checker knows the type
    if display is None:  # a shell that shows nothing
        return lambda: None
    # What a notebook keeps as text is read in other places than this, where escape sequences are only that.
    colour = False if getattr(session.shell, "kernel", None) is not None else None
    before: list[tuple[Any, type, Any]] = []
    for kind, (text, html) in KINDS.items():
        for mime, function in (("text/plain", _pretty(text, colour)), ("text/html", html)):
            formatter = display.formatters[mime]
            before.append((formatter, kind, formatter.for_type(kind, function)))

    def undo() -> None:
        for formatter, kind, function in before:
            if function is None:
                formatter.pop(kind, None)
            else:
                formatter.for_type(kind, function)

    return undo


def _pretty(text: Text, colour: bool | None) -> Pretty:
    def pretty(thing: Any, printer: Any, cycle: bool) -> None:
        nested = cycle or len(printer.stack) > 1
        printer.text(repr(thing) if nested else reprs.printed(text(thing), colour))

    return pretty


# ---- what is shown


def _device(device: Any) -> DeviceShown:
    """A RemoteDevice, a TypedDevice or the Attributes of one, read."""
    mirror = device._mirror
    try:
        states = Attributes(device._bridge, mirror).read()
    except MacduffError as error:
        return device_shown(mirror.described, {}, f"not read: {error}")
    return device_shown(mirror.described, states)


def _attribute(attribute: RemoteAttribute[Any]) -> tuple[str, str, Severity, list[Fact]]:
    path = clean(attribute.path)
    try:
        state: AttributeState = attribute.get()
    except MacduffError as error:
        return path, f"not read: {clean(str(error))}", Severity.INVALID, []
    shown = value_text(state.info.vtype, state.reading.value, 200)
    value = with_units(shown, units_of(state.info.vtype))
    return path, value, state.reading.alarm.severity, attribute_facts(state)


def _method(method: RemoteMethod) -> tuple[str, list[Fact]]:
    return clean(f"{method._device}.{method.info.name}{method.__signature__}"), method_facts(
        method._device, method.info
    )


KINDS: dict[type, tuple[Text, Html]] = {
    RemoteDevice: (
        lambda device: reprs.device_text(_device(device)),
        lambda device: notebook.device_html(_device(device)),
    ),
    RemoteAttribute: (
        lambda attribute: reprs.attribute_text(*_attribute(attribute)),
        lambda attribute: notebook.attribute_html(*_attribute(attribute)),
    ),
    RemoteMethod: (
        lambda method: reprs.method_text(*_method(method)),
        lambda method: notebook.method_html(*_method(method)),
    ),
}
KINDS[TypedDevice] = KINDS[Attributes] = KINDS[RemoteDevice]
