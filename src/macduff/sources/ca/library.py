"""The only place that imports aioca, and the only one that knows what aioca keeps to itself."""

from __future__ import annotations

import asyncio
import atexit
import logging
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from ...errors import MacduffError

__all__ = ["begin", "close_channel", "close_subscription", "is_closed", "load", "release", "write_access"]


LOG = logging.getLogger("macduff.sources")
_CIRCUIT = (192, 480)  # ECA_DISCONN, ECA_UNRESPTMO
_kept: list[Any] = []
"""What libca calls, for as long as it may."""


def load() -> ModuleType:
    """aioca, imported when the first PV is used; MacduffError that says how to install it."""
    try:
        return import_module("aioca")
    except ImportError as error:
        raise MacduffError(
            f"PV: expected the extra ca to be installed, got {error}; pip install 'macduff[ca]'"
        ) from None


def _context() -> Any:
    return import_module("aioca._catools")._Context


def _complain(complaint: Any) -> None:
    """What libca would print on standard error goes to the log. Disconnections are told by the PVs themselves."""
    level = logging.DEBUG if complaint.stat in _CIRCUIT else logging.WARNING
    text = import_module("epicscorelibs.ca.cadef").ca_message(complaint.stat)
    LOG.log(level, "Channel Access: %s: %s", text, _text(complaint.ctx))


def _text(context: Any) -> str:
    return context.decode(errors="replace") if isinstance(context, bytes) else str(context or "")


def begin() -> None:
    """Have libca running for the loop of this thread."""
    context = _context()
    if context._ca_context is None:
        context.get_channel_cache()
        if context._should_destroy:  # else libca is somebody else's
            atexit.unregister(context._teardown)  # in another thread, while ours still uses libca: a crash
            cadef = import_module("epicscorelibs.ca.cadef")
            _kept[:] = [cadef.exception_handler(_complain)]
            cadef.ca_add_exception_event(_kept[0], None)


def _channels(loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    cache = _context()._channel_caches.get(loop)
    channels: dict[str, Any] = {} if cache is None else cache._ChannelCache__channels
    return channels


def write_access(loop: asyncio.AbstractEventLoop, pv: str) -> bool:
    """Whether the server lets us write a PV that is connected."""
    cadef = import_module("epicscorelibs.ca.cadef")
    channel = _channels(loop).get(pv)
    return channel is not None and bool(cadef.ca_write_access(channel))


def is_closed(subscription: Any) -> bool:
    """Whether aioca gave a subscription up, which it does without telling after an event of bad status."""
    return bool(subscription.state == subscription.CLOSED)


def close_subscription(subscription: Any) -> None:
    """Close it, also when its server went before it was made on the channel, which aioca's own close fails on."""
    if subscription.state == subscription.OPEN and not hasattr(subscription, "_as_parameter_"):
        subscription.channel._Channel__subscriptions.discard(subscription)
        subscription.state = subscription.OPENING
    subscription.close()


def close_channel(loop: asyncio.AbstractEventLoop, pv: str) -> None:
    """Close the channel of a PV; aioca alone would keep every channel for ever."""
    channel = _channels(loop).pop(pv, None)
    if channel is not None:
        channel._purge()


def release(loop: asyncio.AbstractEventLoop | None) -> None:
    """Close all channels of a loop, and libca itself when nobody else in this program uses it through aioca.

    The next use begins afresh and reads the EPICS_CA_ variables again.
    """
    if "aioca" not in sys.modules:
        return
    context = _context()
    cache = None if loop is None else context._channel_caches.pop(loop, None)
    if cache is not None:
        cache.purge()
    if not context._channel_caches and context._should_destroy:
        context._teardown()
