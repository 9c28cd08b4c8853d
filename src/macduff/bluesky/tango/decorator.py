"""@tango_connector: code of yours as the connector of a class of comm."""

from __future__ import annotations

from typing import get_type_hints

from .comm import TangoComm
from .connectors import CONNECTOR, Connector

__all__ = ["tango_connector"]


def tango_connector(connector: Connector, comm_cls: type[TangoComm] | None = None) -> Connector:
    """Have `connector(comm, proxy)` connect the comms of the class by which its first parameter is annotated.

    Subclasses of the comm inherit it. TypeError if there is no such annotation and no `comm_cls`.
    """
    if comm_cls is None:
        comm_cls = _comm_class(connector)
    setattr(comm_cls, CONNECTOR, staticmethod(connector))
    return connector


def _comm_class(connector: Connector) -> type[TangoComm]:
    where = f"@tango_connector: {getattr(connector, '__qualname__', connector)}"
    code = getattr(connector, "__code__", None)
    first = code.co_varnames[0] if code is not None and code.co_argcount else ""
    try:
        hint = get_type_hints(connector).get(first)
    except NameError as error:
        raise TypeError(
            f"{where}: expected its first parameter's class among the names of its module, got {error}; "
            "give the class as the second argument: tango_connector(function, MyComm)"
        ) from error
    if not (isinstance(hint, type) and issubclass(hint, TangoComm)):
        raise TypeError(f"{where}: expected its first parameter annotated with a class of comm, got {hint!r}; "
                        "write it as `async def connect(comm: MyComm, proxy)`")  # fmt: skip
    return hint
