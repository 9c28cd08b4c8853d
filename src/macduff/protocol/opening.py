"""Requests for members that a device opens when somebody asks for them: they wait until that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .asking import Waiting
from .encoding import Piece
from .messages import Get, Put, Request, Subscribe
from .model import OPENS_MEMBERS

if TYPE_CHECKING:
    from .server import ServerSession
    from .subscription import Subscription

__all__ = ["Opening", "begin", "hold", "release"]

_ALWAYS = ("meta", "typeid")


class Opening(Waiting):
    """A request that goes on when its member is there."""

    __slots__ = ("_request",)

    def __init__(self, session: ServerSession, request: Get | Put | Subscribe) -> None:
        super().__init__(session, request.id, _no_value, False)
        self._request = request

    def request(self, member: str) -> Get | Put | Subscribe:
        """The request, with the member's own name in its path."""
        path = self._request.path
        return msgspec.structs.replace(self._request, path=[path[0], member, *path[2:]])


def begin(session: ServerSession, request: Request) -> bool:
    """Whether it is about a member that its device does not show, but may open; that is asked for then."""
    if not isinstance(request, (Get, Put, Subscribe)):
        return False
    path = request.path
    if len(path) < 2 or path[1] in _ALWAYS:
        return False
    model = session.hub.host.find(path[0])
    if model is None or OPENS_MEMBERS not in model.tags or path[1] in model.fields:
        return False
    waiting = session.begin(Opening(session, request))
    session.hub.host.open_member(path[0], path[1], waiting, origin=session.peer)
    return True


def hold(subscription: Subscription) -> None:
    """A subscription to a member is interest in it; the hub's own listeners, to whole devices, are none."""
    session, model, rest = subscription.session, subscription.feed.held.model, subscription.channel.rest
    if OPENS_MEMBERS in model.tags and rest and rest[0] in model.fields:
        session.held[subscription.id] = session.hub.host.hold(model.name, rest[0])


def release(subscription: Subscription) -> None:
    """It has ended."""
    session = subscription.session
    if subscription.id in session.held:
        session.hub.host.release(session.held.pop(subscription.id))


def _no_value(_: object) -> Piece:
    raise RuntimeError("an opening has no reply of its own")
