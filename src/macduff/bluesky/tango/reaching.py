"""Calling a device whose server may have been started anew since: the first calls over old connections fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...sources.tango.library import is_away, load

__all__ = ["address_of", "fresh", "persist"]

CONNECTIONS = 5
"""That omniORB may keep to one server."""
_OLD = ("COMM_FAILURE", "connection request was delayed")
"""What is said where an old connection was taken: at once, or by the proxy that took it when it was made."""
DELAY = 2.2
"""Seconds for which Tango may refuse to try a proxy again that failed, at its clock's grain of a second."""


def persist(proxy: Any, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function of the proxy, in a thread; again if it says that the device is away, and it is there.

    omniORB keeps several connections to a server, and when that ended each of them fails once, whoever takes it; and a
    proxy that failed does not try again within a second. What the function asks for was not done then: the server that
    the old connections led to is gone. DevFailed of the function.
    """
    failed: Any = load().DevFailed
    try:
        return function(*args)
    except failed as error:
        if not is_away(error) or not _is_there(proxy):
            raise
    deadline = time.monotonic() + DELAY
    while True:
        try:
            return function(*args)
        except failed as error:
            if not is_away(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _is_there(proxy: Any) -> bool:
    """Whether the device answers a proxy of its own, which has not failed yet."""
    failed: Any = load().DevFailed
    try:
        fresh(_name_of(proxy))
    except failed:
        return False
    return True


def fresh(name: str, **options: Any) -> Any:
    """A new proxy of a device that answers; what is left of old connections is used up. DevFailed if it does not."""
    tango: Any = load()
    for left in reversed(range(CONNECTIONS + 1)):
        try:
            proxy = tango.DeviceProxy(name, **options)
            proxy.ping()
            return proxy
        except tango.DevFailed as error:
            if not left or not any(old in failure.desc for failure in error.args for old in _OLD):
                raise
    raise AssertionError("not reached")


def _name_of(proxy: Any) -> str:
    """What another proxy of the same device is made of."""
    return address_of(proxy) + ("" if proxy.is_dbase_used() else "#dbase=no")


def address_of(proxy: Any) -> str:
    """`tango://host:port/domain/family/member`, of the database that knows the device, else of its server; at once."""
    if proxy.is_dbase_used():
        host, port = proxy.get_db_host(), proxy.get_db_port()
    else:
        host, port = proxy.get_dev_host(), proxy.get_dev_port()
    return f"tango://{host}:{port}/{proxy.dev_name()}"
