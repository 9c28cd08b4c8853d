"""Puts and calls: from a request to what the Process is asked, and from its outcome to the reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import UNSET

from macduff.errors import BadValue, NotWriteable

from .convert import is_button, parameters_of, placed, put_value, result_of
from .devicepieces import dotted, missing
from .encoding import Piece
from .messages import Post, Put
from .model import AttributeModel, DeviceModel
from .structure import is_attribute

if TYPE_CHECKING:
    from .server import ServerSession

__all__ = ["Waiting", "post", "put"]


class Waiting:
    """A put or call whose end is awaited; the key under which it comes back."""

    __slots__ = ("abort", "finish", "id", "session")

    def __init__(self, session: ServerSession, identity: int, finish: Callable[[object], Piece], abort: bool) -> None:
        self.session = session
        self.id = identity
        self.finish = finish
        self.abort = abort


def put(session: ServerSession, request: Put) -> None:
    """Ask for a put: [device, attribute], the same with "value", or ours: [device] with a map of several."""
    hub, dialect = session.hub, session.dialect
    if request.value is UNSET:
        raise BadValue(f"{dotted(request.path)}: expected a value to put, got none")
    model = hub.device(request.path[0])
    names = request.path[1:]
    if names[1:] == ["value"] or (dialect.ours and names[1:] == ["setpoint"]):
        names = names[:1]
    if len(names) == 1:
        values = {names[0]: put_value(model, names[0], request.value, dialect)}
    elif not names and dialect.ours and isinstance(request.value, dict):
        values = {name: put_value(model, name, item, dialect) for name, item in request.value.items()}
    else:
        raise NotWriteable(
            f'{dotted(request.path)}: expected [device, attribute] or [device, attribute, "value"], '
            f"got what cannot be put",
            device=model.name,
        )
    if request.get and len(names) == 1:
        path = [request.path[0], names[0], "value"]
        waiting = session.wait(request.id, lambda _: hub.get(path, dialect))
    else:
        waiting = session.wait(request.id, lambda _: hub.framer(dialect).null)
    readback = bool(request.readback)
    _ask(waiting, lambda: hub.host.put(model.name, values, waiting, readback=readback, origin=session.peer))


def post(session: ServerSession, request: Post) -> None:
    """Ask for a call; an action is an attribute that is called."""
    model = session.hub.device(request.path[0])
    if len(request.path) != 2:
        raise BadValue(f"{dotted(request.path)}: expected [device, method], got {len(request.path)} names")
    name = request.path[1]
    field = model.fields.get(name)
    if field is None:
        raise placed(missing(model.name, name, model.fields), model.name)
    if is_attribute(field):
        _press(session, request, model, field)
        return
    method, dialect = field, session.dialect
    parameters = parameters_of(model, method, request.parameters or {}, dialect)
    waiting = session.wait(
        request.id,
        lambda value: dialect.piece(result_of(method, value, dialect)),
        bool(request.abort_on_disconnect),
    )
    _ask(waiting, lambda: session.hub.host.call(model.name, name, parameters, waiting, origin=session.peer))


def _press(session: ServerSession, request: Post, model: DeviceModel, attribute: AttributeModel) -> None:
    where = f"{model.name}.{attribute.name}"
    if not is_button(attribute):
        refusal = BadValue(f"{where}: expected a method to call, got an attribute; put it instead")
        raise placed(refusal, model.name, attribute.name)
    if request.parameters:
        refusal = BadValue(f"{where}: expected no parameters, got {', '.join(request.parameters)}")
        raise placed(refusal, model.name, attribute.name)
    null = session.hub.framer(session.dialect).null
    waiting = session.wait(request.id, lambda _: null, bool(request.abort_on_disconnect))
    _ask(waiting, lambda: session.hub.host.put(model.name, {attribute.name: None}, waiting, origin=session.peer))


def _ask(waiting: Waiting, ask: Callable[[], None]) -> None:
    """Ask the Process; what it refuses at once is the reply."""
    try:
        ask()
    except BaseException:
        waiting.session.unwait(waiting)
        raise
