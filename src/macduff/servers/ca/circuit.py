"""One client's connection: its channels, its subscriptions, its requests.

Nothing waits for anything. Puts end whenever they end, and other requests are answered meanwhile; of a client that does
not take what it is sent, no more requests are read.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from macduff.errors import BadValue, DeviceFailed, MacduffError, NotWriteable

from . import wire
from .directory import REPLY_ALWAYS, name_in
from .outgoing import Outgoing
from .pv import Pv, Subscription
from .sought import Sought
from .wire import Frame, Frames, Malformed, message

if TYPE_CHECKING:
    from .site import Site

__all__ = ["Channel", "Circuit"]

LOGGER = logging.getLogger("macduff.servers")
_PLAIN = 7
_MASK = struct.Struct(">12xH")


class Channel:
    """A PV as one client has it open."""

    __slots__ = ("cid", "circuit", "pv", "sid", "subscriptions")

    def __init__(self, circuit: Circuit, pv: Pv, cid: int, sid: int) -> None:
        self.circuit = circuit
        self.pv = pv
        self.cid = cid
        self.sid = sid
        self.subscriptions: dict[int, Subscription] = {}


class Circuit(asyncio.Protocol):
    """A connection from a client."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._loop = asyncio.get_running_loop()
        self._frames = Frames(site.limits.frame_size)
        self._transport: asyncio.Transport | None = None
        self._out = Outgoing(site.limits.stalled, self._give_up)
        self.post, self.send = self._out.post, self._out.send
        self._puts = 0
        self._sids = 0
        self._subscriptions = 0
        self._account = self._host = ""
        self.channels: dict[int, Channel] = {}
        self.sought: Sought[None] = Sought(site.limits.ca_searches)

    # the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._out.transport = self._transport
        self._transport.set_write_buffer_limits(high=self._site.limits.outgoing)
        self._site.circuits.add(self)
        if len(self._site.circuits) > self._site.limits.connections:
            LOGGER.warning(
                "Channel Access: more than %d connections; the newest is closed", self._site.limits.connections
            )
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._out.close()
        self._site.circuits.discard(self)
        for channel in list(self.channels.values()):
            self._drop(channel)

    def pause_writing(self) -> None:
        self._out.pause()

    def resume_writing(self) -> None:
        self._out.resume()
        self._work()

    def _give_up(self) -> None:
        LOGGER.warning("Channel Access: %s has read nothing for %g s; closed", self, self._site.limits.stalled)
        self.abort()

    def data_received(self, data: bytes) -> None:
        self._frames.feed(data)
        self._work()

    def close(self) -> None:
        """Hang up, after what is still to be sent."""
        self._out.flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()

    def __str__(self) -> str:
        return f"{self._account or 'a client'}@{self._host or 'an unnamed host'}"

    def tell_rights(self, channel: Channel) -> None:
        self.send(message(wire.ACCESS_RIGHTS, first=channel.cid, second=3 if channel.pv.writeable else 1))

    def disconnect(self, channel: Channel) -> None:
        """The PV is gone."""
        self._drop(channel)
        self.send(message(wire.SERVER_DISCONNECT, first=channel.cid))

    def _drop(self, channel: Channel) -> None:
        self.channels.pop(channel.sid, None)
        for subscription in channel.subscriptions.values():
            self._end(subscription)
        channel.pv.channels.pop(channel, None)

    def _end(self, subscription: Subscription) -> None:
        self._subscriptions -= 1
        subscription.channel.pv.subscriptions.pop(subscription, None)
        self._out.forget(subscription)

    # receiving

    def _work(self) -> None:
        """Do what was asked, as long as there is room for the answers; see all changes up to here first."""
        self._site.turn()
        transport, most = self._transport, self._site.limits.in_flight
        if transport is None:
            return
        try:
            while not self._out.full and self._puts < most and self._transport is not None:
                frame = self._frames.next()
                if frame is None:
                    break
                self._do(frame)
        except (Malformed, struct.error, UnicodeDecodeError) as error:
            LOGGER.warning("Channel Access: %s is hung up on: %s", self, error)
            transport.abort()
            return
        except Exception:
            LOGGER.exception("Channel Access: %s is hung up on, for its request failed here", self)
            transport.abort()
            return
        if self._out.full or self._puts >= most:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _do(self, frame: Frame) -> None:
        command = frame.command
        if command in (wire.READ_NOTIFY, wire.READ):
            self._read(frame)
        elif command in (wire.WRITE_NOTIFY, wire.WRITE):
            self._write(frame)
        elif command == wire.EVENT_ADD:
            self._subscribe(frame)
        elif command == wire.EVENT_CANCEL:
            self._cancel(frame)
        elif command == wire.CREATE_CHANNEL:
            self._create(frame)
        elif command == wire.CLEAR_CHANNEL:
            if (channel := self.channels.get(frame.first)) is not None:
                self._drop(channel)
            self.send(message(wire.CLEAR_CHANNEL, first=frame.first, second=frame.second))
        elif command == wire.SEARCH:
            self._search(name_in(frame), frame.first, frame.kind == REPLY_ALWAYS)
        elif command in (wire.EVENTS_OFF, wire.EVENTS_ON):
            self._out.quiet(command == wire.EVENTS_OFF)
        elif command == wire.HOST_NAME:
            self._host = name_in(frame)
        elif command == wire.CLIENT_NAME:
            self._account = name_in(frame)
        elif command == wire.VERSION:
            self.send(message(wire.VERSION, count=wire.MINOR))
        elif command in (wire.ECHO, wire.READ_SYNC):
            self.send(message(command))
        else:
            raise Malformed(f"expected a request of Channel Access, got number {command}")

    def _search(self, pv: str, number: int, always: bool) -> None:
        self.sought.note(None, number, pv)
        if answer := self._site.directory.answer(pv, number, always):
            self.send(answer)

    def found(self, names: Iterable[str]) -> None:
        """These records appeared."""
        for _, number, pv in self.sought.of(names):
            if answer := self._site.directory.answer(pv, number):
                self.send(answer)

    def _create(self, frame: Frame) -> None:
        pv = self._site.directory.find(name_in(frame))
        if pv is None or len(self.channels) >= self._site.limits.ca_channels:
            self.send(message(wire.CREATE_FAILED, first=frame.first))
            return
        self._sids += 1
        channel = self.channels[self._sids] = Channel(self, pv, frame.first, self._sids)
        pv.channels[channel] = None
        self.tell_rights(channel)
        self.send(message(wire.CREATE_CHANNEL, pv.form.kind, pv.form.count, frame.first, channel.sid))

    def _read(self, frame: Frame) -> None:
        channel = self.channels.get(frame.first)
        if channel is None:
            return  # it was told that the channel is gone
        status, count, payload = channel.pv.packed(frame.kind, frame.elements)
        if frame.command == wire.READ and status != wire.ECA_NORMAL:
            self.send(wire.error_message(frame, channel.cid, wire.ECA_GETFAIL, f"{channel.pv.name}: cannot be read so"))
            return
        first = status if frame.command == wire.READ_NOTIFY else channel.sid
        self.send(message(frame.command, frame.kind, count, first, frame.second, payload))

    def _subscribe(self, frame: Frame) -> None:
        channel = self.channels.get(frame.first)
        if channel is None:
            return
        (mask,) = _MASK.unpack_from(frame.payload)
        if (old := channel.subscriptions.pop(frame.second, None)) is not None:
            self._end(old)
        if self._subscriptions >= self._site.limits.ca_channels:
            raise Malformed(f"expected at most {self._site.limits.ca_channels} subscriptions, got one more")
        self._subscriptions += 1
        subscription = Subscription(self, channel, frame.second, frame.kind, frame.elements, mask)
        channel.pv.freshen()
        channel.subscriptions[frame.second] = subscription
        channel.pv.subscriptions[subscription] = None
        self.post(subscription)

    def _cancel(self, frame: Frame) -> None:
        channel = self.channels.get(frame.first)
        subscription = channel.subscriptions.pop(frame.second, None) if channel is not None else None
        if subscription is not None:
            self._end(subscription)
        self.send(message(wire.EVENT_ADD, frame.kind, 0, frame.first, frame.second))

    def _write(self, frame: Frame) -> None:
        channel = self.channels.get(frame.first)
        if channel is None:
            return
        pv = channel.pv

        def done(error: MacduffError | None) -> None:
            self._puts -= 1
            if self._transport is None:
                return
            if error is not None:
                self.send(wire.error_message(frame, channel.cid, wire.eca_of(error), str(error)))
            elif frame.command == wire.WRITE_NOTIFY:
                self.send(message(wire.WRITE_NOTIFY, frame.kind, frame.elements, wire.ECA_NORMAL, frame.second))
            if self._puts == self._site.limits.in_flight - 1:
                self._loop.call_soon(self._work)

        self._puts += 1
        if frame.kind >= _PLAIN:
            self._puts -= 1
            self.send(wire.error_message(frame, channel.cid, wire.ECA_BADTYPE, f"{pv.name}: expected a plain value"))
            return
        try:
            if pv.put is None:
                raise NotWriteable(f"{pv.name}: expected a PV that can be put, got one that is read")
            value = pv.form.unpack(frame.kind, frame.elements, frame.payload, pv.name)
        except (BadValue, NotWriteable) as error:
            done(error)
            return
        try:
            pv.put(value, f"ca {self}", done)
        except Exception as error:
            LOGGER.exception("%s: a put failed", pv.name)
            done(DeviceFailed(f"{pv.name}: {type(error).__name__}: {error}"))
