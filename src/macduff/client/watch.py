"""One subscription of a synchronous client, opened and closed from any thread."""

from __future__ import annotations

from typing import Any

from macduff.values import VType

from .bridge import Bridge
from .feed import Sink
from .inbox import Policy
from .request import Done
from .subscription import Subscription

__all__ = ["Watch"]


class Watch:
    """Gives the readings of one attribute to a sink, on the loop, between `open` and `close`."""

    def __init__(
        self, bridge: Bridge, device: str, member: str, policy: Policy, sink: Sink, vtype: VType[Any] | None
    ) -> None:
        self.path = f"{device}.{member}"
        """What is watched, "STAGE.position"."""
        self._bridge = bridge
        self._device = device
        self._member = member
        self._policy: Policy = policy
        self._sink = sink
        self._vtype = vtype
        self._subscription: Subscription | None = None

    def open(self) -> None:
        """Subscribe; returns when the first reading has come, or raises why there is none."""
        try:
            self._bridge.ask(self.path, self._begin)
        except BaseException:  # Ctrl-C too
            self.close()
            raise

    def close(self) -> None:
        """Unsubscribe. Again does nothing."""
        self._bridge.soon(self._end)

    # on the loop

    def _begin(self, done: Done) -> None:
        core = self._bridge.core
        self._subscription = core.watch(self._device, self._member, self._policy, self._sink, done, self._vtype)

    def _end(self) -> None:
        if self._subscription is not None:
            self._bridge.core.connection.unsubscribe(self._subscription)
