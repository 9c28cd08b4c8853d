"""A client of macduff servers in one file, for Jython 2.7 and CPython 3, with nothing to install.

    import macduff_client
    client = macduff_client.connect("ws://127.0.0.1:8008")
    det = client["DET"]                       # or client.DET
    det.exposure                              # reads
    det.exposure = 0.2                        # puts, and waits until that is done
    det.configure(0.2, 5)                     # calls, and waits for the result
    client.close()

Names and meanings are those of `macduff.client`; arrays are lists, and types are what the server said (`meta`). Under
Jython sockets and TLS are Java's, under CPython Python's.

Threads: a client, and all that comes from it, may be used from several threads. Four threads of its own, all daemons,
carry it: one keeps the connection, one reads, one writes, one runs callbacks, one after the other; callbacks may block
and may use the client. Jython does not close what nobody refers to any more: call `close()`, or use `with`.
"""
# Python 2.7 is the language here, whatever the rules for the rest say; one file, so that it can be copied.
# ruff: noqa: B904, RUF005, RUF015, SIM105, UP004, UP010, UP031

from __future__ import absolute_import, division, print_function

import base64
import difflib
import hashlib
import itertools
import json
import os
import random
import struct
import sys
import threading
import time
import traceback
from collections import OrderedDict, deque, namedtuple
from numbers import Integral

try:
    from builtins import ConnectionError as _ConnectionError
    from builtins import TimeoutError as _TimeoutError
    from queue import Queue
    from urllib.parse import unquote, urlsplit
except ImportError:  # Python 2
    from urllib import unquote

    from Queue import Queue
    from urlparse import urlsplit

    _ConnectionError = _TimeoutError = Exception

_JYTHON = sys.platform.startswith("java")
if _JYTHON:
    import jarray
    from java.io import FileInputStream, IOException
    from java.lang import Exception as JavaException
    from java.lang import System
    from java.net import InetAddress, InetSocketAddress, SocketTimeoutException, UnknownHostException
    from java.net import Socket as JavaSocket
    from java.security import KeyStore
    from java.security.cert import CertificateFactory
    from javax.net.ssl import SSLContext, SSLException, TrustManagerFactory

    _ANY = (Exception, JavaException)

    def _now():
        return System.nanoTime() / 1e9
else:
    import selectors
    import socket
    import ssl

    _ANY = (Exception,)
    _now = time.monotonic

__all__ = [
    "Aborted", "Alarm", "AlarmRaised", "AttributeInfo", "Attributes", "BadCall", "BadValue", "Busy", "CallFuture",
    "Client", "DeviceFailed", "DeviceInfo", "Disconnected", "DuplicateId", "Held", "MacduffError", "MethodInfo",
    "Monitor", "NotFound", "NotWriteable", "Overrun", "Reading", "Refused", "RemoteAttribute", "RemoteDevice",
    "RemoteMethod", "Removed", "Severity", "Subscriber", "Superseded", "TimedOut", "TooMany", "UnknownName",
    "Unreachable", "WrongState", "connect",
]  # fmt: skip

# Seconds and bytes; a program may change them before it connects.
HEARTBEAT = 10.0  # an idle connection is pinged so often; one that answers nothing for half of it is taken for lost
RECONNECT_FIRST, RECONNECT_MOST = 0.1, 5.0  # pauses between two attempts, doubling
FAREWELL = 1.0  # what a server may take to agree to the end of a connection
MOST_MESSAGE = 64 * 1024 * 1024  # a longer message costs the connection; servers send at most 32 MiB in one
MOST_REQUEST = 4 * 1024 * 1024  # what servers take in one message unless they are set up otherwise
MOST_HEAD = 16 * 1024  # of the answer to the handshake
EVERY_SIZE = 10000  # readings that a subscription to "every" one keeps until they are read

_SUBPROTOCOL = "macduff.1"
_DEFAULT_PORT = 8008
_MOST_WAIT = 1e6  # seconds; what is longer is for ever, and no system's clock minds
_PYTHON2 = bytes is str
_text = type(b"".decode())


def _native(text):
    """Text as `str`, which Python 2 shows without a u; text beyond ASCII stays as it is there."""
    if isinstance(text, str):
        return text
    try:
        return str(text)
    except UnicodeError:
        return text


# ---- errors: those of macduff.errors


class MacduffError(Exception):
    """An error with its place: `message`, `device`, `member`, the device's `state`, and what was `allowed` then."""

    kind = "Error"

    def __init__(self, message, device="", member="", state="", allowed=()):
        Exception.__init__(self, message)
        self.message = message
        self.device = device
        self.member = member
        self.state = state
        self.allowed = tuple(allowed)

    def __str__(self):
        message = self.message
        return message if isinstance(message, str) else message.encode("utf-8")

    def __unicode__(self):
        message = self.message
        return message if isinstance(message, _text) else message.decode("utf-8", "replace")


class BadValue(MacduffError, ValueError):
    """A value that is not what was expected: the message says where, expected what, got what."""

    kind = "BadValue"


class BadCall(BadValue, TypeError):
    """A call whose arguments do not fit the method's parameters; nothing was sent."""


class NotFound(MacduffError, LookupError):
    """No such device, attribute or method."""

    kind = "NotFound"


class UnknownName(NotFound, AttributeError, KeyError):
    """A device, attribute, method or parameter that is not there; nothing was sent."""

    def __init__(self, message, **place):
        NotFound.__init__(self, message, **place)
        self.name = self.obj = None  # else Python finds a suggestion of its own and prints it behind ours


class Refused(MacduffError):
    """A request that was refused before anything changed."""

    kind = "Refused"


class NotWriteable(Refused):
    """An attribute that cannot be put from outside, ever or now."""

    kind = "NotWriteable"


class WrongState(Refused):
    """The device's state does not allow it."""

    kind = "WrongState"


class Busy(Refused):
    """Another call holds the device."""

    kind = "Busy"


class Held(Refused):
    """A child that a parent holds while it is configured."""

    kind = "Held"


class TooMany(Refused):
    """A bound is reached: calls, connections, subscriptions."""

    kind = "TooMany"


class DuplicateId(Refused):
    """The id is in use on the same connection."""

    kind = "DuplicateId"


class Aborted(MacduffError):
    """The call was ended by an abort."""

    kind = "Aborted"


class Superseded(MacduffError):
    """The call was ended by a later call."""

    kind = "Superseded"


class Removed(MacduffError):
    """The device was removed while the call or subscription was open."""

    kind = "Removed"


class DeviceFailed(MacduffError):
    """The device's own code raised."""

    kind = "DeviceFailed"


class TimedOut(MacduffError, _TimeoutError):
    """Nothing came in the time that was given."""

    kind = "TimedOut"


class Disconnected(MacduffError, _ConnectionError):
    """What the value comes from, or the server, cannot be reached."""

    kind = "Disconnected"


class Unreachable(Disconnected):
    """The server is there, but not what the device needs."""

    kind = "Unreachable"


class Overrun(MacduffError):
    """A watcher was too slow."""

    kind = "Overrun"


class AlarmRaised(MacduffError):
    """Something asked for a good value and the attribute is INVALID."""

    kind = "AlarmRaised"


_KINDS = dict((cls.kind, cls) for cls in (
    MacduffError, BadValue, NotFound, Refused, NotWriteable, WrongState, Busy, Held, TooMany, DuplicateId, Aborted,
    Superseded, Removed, DeviceFailed, TimedOut, Disconnected, Unreachable, Overrun, AlarmRaised,
))  # fmt: skip


def _error_of(message):
    """An Error message as the exception of its kind."""
    text, kind = message.get("message"), message.get("kind")
    text = text if isinstance(text, (str, _text)) else repr(text)
    prefix, colon, rest = text.partition(": ")
    if kind is None and colon and prefix in _KINDS:
        kind = prefix
    sentence = rest if colon and prefix == kind else text
    place = dict((name, _native(message.get(name) or "")) for name in ("device", "member", "state"))
    place["allowed"] = [_native(item) for item in message.get("allowed") or ()]
    if kind is None or kind in _KINDS:
        return _KINDS.get(kind, MacduffError)(_native(sentence), **place)
    return MacduffError(_native("%s: %s" % (kind, sentence)), **place)


def _shown(value):
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _suggestion(name, known):
    names = list(known)
    lower = dict((other.lower(), other) for other in names)
    near = [lower[match] for match in difflib.get_close_matches(name.lower(), list(lower), 3)]
    if near:
        return "; did you mean %s?" % " or ".join("'%s'" % match for match in near)
    return "; there are %s%s" % (", ".join(names[:10]), ", ..." if len(names) > 10 else "") if names else ""


def _unknown_member(device, name, members, what="attribute or method"):
    message = "%s: no %s '%s'%s" % (device, what, name, _suggestion(name, members))
    return UnknownName(message, device=device, member=name, allowed=members)


def _seconds(timeout, where):
    """A time-out as it can be waited for, None for ever."""
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not hasattr(timeout, "__float__") or not timeout >= 0:
        raise BadValue("%s: timeout: expected seconds from 0 on, or None to wait for ever, got %r" % (where, timeout))
    return float(timeout)


def _wait(event, timeout):
    """Wait for an event, for ever if None. In slices, so that Ctrl-C comes through everywhere."""
    if timeout is not None:
        return event.wait(min(timeout, _MOST_WAIT))
    while not event.wait(3600.0):
        pass
    return True


# ---- sockets: raise _Lost, with the reason, and nothing else


class _Lost(Exception):
    """The connection is gone, or never was."""


class _Late(_Lost):
    """It took longer than it should."""


class _JavaSocket(object):
    """A socket of Java's, with TLS where wanted. One thread may read while another writes; `abort` from any."""

    def __init__(self):
        self._plain = None
        self._aborted = False

    def open(self, host, port, timeout, tls):
        deadline = _now() + timeout
        try:
            self._connect(host, port, deadline)
            found = self._plain
            if tls is not None:
                found = tls.getSocketFactory().createSocket(self._plain, host, port, True)
                parameters = found.getSSLParameters()
                parameters.setEndpointIdentificationAlgorithm("HTTPS")  # Java looks at no name by itself
                found.setSSLParameters(parameters)
                found.startHandshake()
            self._in, self._out = found.getInputStream(), found.getOutputStream()
            self._buffer = jarray.zeros(65536, "b")
        except JavaException as error:
            raise self._lost(error)

    def _connect(self, host, port, deadline):
        addresses = list(InetAddress.getAllByName(host))
        for number, address in enumerate(addresses):
            self._plain = JavaSocket()
            if self._aborted:
                self._plain.close()
            try:
                left = max(1, int((deadline - _now()) * 1000))
                self._plain.connect(InetSocketAddress(address, port), left)
                self._plain.setTcpNoDelay(True)
                return
            except IOException:
                self._plain.close()
                if number + 1 == len(addresses):
                    raise

    def _lost(self, error):
        message = error.getMessage() or type(error).__name__
        if isinstance(error, SocketTimeoutException):
            return _Late(message)
        if isinstance(error, UnknownHostException):
            return _Lost("no such host")
        if isinstance(error, SSLException) and not self._aborted:
            return _Lost("TLS: %s" % message)
        return _Lost("connection refused" if message.startswith("Connection refused") else message)

    def receive(self):
        """What came, b"" at the end."""
        try:
            size = self._in.read(self._buffer)
        except JavaException as error:
            raise self._lost(error)
        return self._buffer[:size].tostring() if size > 0 else b""

    def send(self, data):
        try:
            self._out.write(data)
            self._out.flush()
        except JavaException as error:
            raise self._lost(error)

    def abort(self):
        """End it at once; whoever reads or writes is woken. The socket under TLS goes first: TLS itself could wait."""
        self._aborted = True
        if self._plain is not None:
            try:
                self._plain.close()
            except JavaException:
                pass

    close = abort


class _PythonSocket(object):
    """The same with Python's modules. TLS objects take one thread at a time, so that nobody blocks inside them."""

    def __init__(self):
        self._socket = None
        self._aborted = False
        self._lock = threading.Lock()

    def open(self, host, port, timeout, tls):
        deadline = _now() + timeout
        try:
            addresses = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
            for number, (family, kind, protocol, _, address) in enumerate(addresses):
                self._socket = found = socket.socket(family, kind, protocol)
                try:
                    found.settimeout(max(0.001, deadline - _now()))
                    if self._aborted:
                        raise _Lost("it was closed")
                    found.connect(address)
                    break
                except OSError:
                    found.close()
                    if number + 1 == len(addresses):
                        raise
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                found.settimeout(max(0.001, deadline - _now()))
                self._socket = found = tls.wrap_socket(found, server_hostname=host)
            found.setblocking(False)
        except (OSError, ValueError) as error:  # ValueError: a name that TLS does not take
            self.close()
            raise self._lost(error)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _lost(error):
        if isinstance(error, socket.timeout):
            return _Late("no answer")
        if isinstance(error, ssl.SSLCertVerificationError):
            return _Lost("TLS: %s" % error.verify_message)
        if isinstance(error, ssl.SSLError):
            return _Lost("TLS: %s" % (error.reason or error))
        if isinstance(error, socket.gaierror):
            return _Lost("no such host")
        if isinstance(error, OSError) and error.errno:
            return _Lost(os.strerror(error.errno).lower())
        return _Lost(str(error))

    def _do(self, function, argument, event):
        """Do what may have to wait for the socket; the waiting is outside the lock."""
        while True:
            wanted = event
            try:
                with self._lock:
                    return function(argument)
            except ssl.SSLWantReadError:
                wanted = selectors.EVENT_READ
            except ssl.SSLWantWriteError:
                wanted = selectors.EVENT_WRITE
            except (BlockingIOError, InterruptedError):
                pass
            except (OSError, ValueError) as error:
                raise self._lost(error)
            if self._aborted:
                raise _Lost("it was closed")
            with getattr(selectors, "PollSelector", selectors.SelectSelector)() as selector:
                selector.register(self._socket, wanted)
                selector.select()

    def receive(self):
        return self._do(self._socket.recv, 65536, selectors.EVENT_READ)

    def send(self, data):
        view = memoryview(data)
        while view:
            view = view[self._do(self._socket.send, view[:262144], selectors.EVENT_WRITE) :]

    def abort(self):
        """Wake whoever reads, writes or connects; they find it ended."""
        self._aborted = True
        if self._socket is not None:
            try:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # TLS's own would forget its state
            except OSError:
                pass

    def close(self):
        """Give it back to the system; nobody uses it any more."""
        self.abort()
        if self._socket is not None:
            self._socket.close()


_Socket = _JavaSocket if _JYTHON else _PythonSocket


def _tls(cafile, context):
    """What makes TLS: the context given, or one that trusts the system's authorities, or those in `cafile` alone."""
    if context is not None:
        return context
    if not _JYTHON:
        try:
            return ssl.create_default_context(cafile=cafile)
        except (OSError, ValueError) as error:
            raise BadValue("cafile: expected a file of certificates (PEM), got %r (%s)" % (cafile, error))
    if cafile is None:
        return SSLContext.getDefault()
    try:
        stream = FileInputStream(cafile)
        try:
            certificates = list(CertificateFactory.getInstance("X.509").generateCertificates(stream))
        finally:
            stream.close()
        if not certificates:
            raise BadValue("cafile: expected a file of certificates (PEM), got %r, which has none" % cafile)
        store = KeyStore.getInstance(KeyStore.getDefaultType())
        store.load(None, None)
        for number, certificate in enumerate(certificates):
            store.setCertificateEntry("authority %d" % number, certificate)
        trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
        trust.init(store)
        made = SSLContext.getInstance("TLS")
        made.init(None, trust.getTrustManagers(), None)
        return made
    except JavaException as error:
        raise BadValue("cafile: expected a file of certificates (PEM), got %r (%s)" % (cafile, error.getMessage()))


# ---- websocket (RFC 6455)

_CONTINUED, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class _Broken(Exception):
    """What came breaks the protocol: (closing code, what was wrong)."""

    def __init__(self, code, reason):
        Exception.__init__(self, reason)
        self.code = code


def _frame(opcode, payload):
    """A frame of a client: whole, and masked as it must be."""
    size = len(payload)
    if size < 126:
        head = struct.pack(">BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack(">BBH", 0x80 | opcode, 0xFE, size)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, 0xFF, size)
    mask = os.urandom(4)
    data = bytearray(payload)
    for place, by in enumerate(bytearray(mask)):
        data[place::4] = data[place::4].translate(bytes(bytearray(byte ^ by for byte in range(256))))
    return head + mask + bytes(data)


def _closing(code, reason=""):
    return _frame(_CLOSE, struct.pack(">H", code) + reason.encode("utf-8")[:120])


class _Frames(object):
    """Takes bytes in any pieces, gives whole messages: (opcode, payload), control frames between them included."""

    def __init__(self):
        self._buffer = bytearray()
        self._parts = None
        self._size = 0

    def feed(self, data):
        """The messages that end in what came; _Broken for what no server may send."""
        self._buffer += data
        while True:
            found = self._next()
            if found is None:
                return
            final, opcode, payload = found
            if opcode >= _CLOSE:
                yield opcode, payload
                continue
            if (opcode == _CONTINUED) is (self._parts is None):
                raise _Broken(1002, "a message began inside another, or went on that had not begun")
            if opcode == _BINARY:
                raise _Broken(1003, "a binary frame, which %s has not" % _SUBPROTOCOL)
            self._parts = (self._parts or []) + [payload]
            self._size += len(payload)
            if final:
                whole = b"".join(self._parts)
                self._parts, self._size = None, 0
                yield _TEXT, whole

    def _next(self):
        """The next frame, None while it is not whole. Its size is looked at before it is waited for."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        opcode, size, start = first & 0x0F, second & 0x7F, 2
        if first & 0x70 or opcode not in (_CONTINUED, _TEXT, _BINARY, _CLOSE, _PING, _PONG):
            raise _Broken(1002, "a frame of no known kind (0x%02x)" % first)
        if second & 0x80:
            raise _Broken(1002, "a masked frame, which only clients send")
        if opcode >= _CLOSE and (size > 125 or not first & 0x80):
            raise _Broken(1002, "a control frame that is too long or in pieces")
        if size > 125:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return None
            size = struct.unpack(">H" if size == 126 else ">Q", bytes(buffer[2:start]))[0]
        if self._size + size > MOST_MESSAGE:
            raise _Broken(1009, "a message of more than %d bytes" % MOST_MESSAGE)
        if len(buffer) < start + size:
            return None
        payload = bytes(buffer[start : start + size])
        del buffer[: start + size]
        return bool(first & 0x80), opcode, payload


def _closed_because(payload):
    """What a close frame says; the code that it is answered with."""
    if not payload:
        return "the server closed the connection", 1000
    if len(payload) == 1:
        raise _Broken(1002, "a close frame of one byte")
    code = struct.unpack(">H", payload[:2])[0]
    if code in (1004, 1005, 1006) or not (1000 <= code <= 1014 or 3000 <= code <= 4999):
        raise _Broken(1002, "a close frame with the code %d, which may not be sent" % code)
    reason = _utf8(payload[2:])
    if code in (1000, 1001):
        return "the server closed the connection", code
    return "the server closed the connection: %s (%d)" % (_native(reason) or "no reason given", code), code


def _utf8(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _Broken(1007, "text that is no UTF-8")


def _question(address, key):
    """The request that begins a websocket."""
    lines = [
        "GET %s HTTP/1.1" % address.path,
        "Host: %s" % address.authority,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: %s" % key,
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: %s" % _SUBPROTOCOL,
    ]
    if address.login:
        lines.append("Authorization: Basic %s" % base64.b64encode(address.login.encode("utf-8")).decode("ascii"))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _check_answer(head, key):
    """_Lost when it is not the answer of a macduff server to that key."""
    lines = head.decode("latin-1").split("\r\n")
    status = lines[0].split(None, 2)
    if len(status) < 2 or not status[0].startswith("HTTP/1.") or not status[1].isdigit():
        raise _Lost("something else that answered %s" % _shown(_native(lines[0])))
    if status[1] != "101":
        told = {
            "503": "one that takes no connections: it is ending, or has too many",
            "403": "one that refuses this name for it; its setting `hosts` must have it",
            "400": "one that does not speak %s" % _SUBPROTOCOL,
        }
        raise _Lost("%s (HTTP %s)" % (told.get(status[1], "something else that answered"), _native(status[1])))
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    said = dict((name, ", ".join(values)) for name, values in headers.items())
    accept = base64.b64encode(hashlib.sha1(key.encode("ascii") + _GUID).digest()).decode("ascii")
    connection = [token.strip().lower() for token in said.get("connection", "").split(",")]
    if said.get("upgrade", "").lower() != "websocket" or "upgrade" not in connection:
        raise _Lost("an answer without Upgrade: websocket")
    if said.get("sec-websocket-accept") != accept:
        raise _Lost("an answer to another question: its Sec-WebSocket-Accept is %s" % _shown(
            _native(said.get("sec-websocket-accept", ""))
        ))  # fmt: skip
    if said.get("sec-websocket-extensions"):
        raise _Lost("an answer with extensions, for which nobody asked")
    if said.get("sec-websocket-protocol") != _SUBPROTOCOL:
        raise _Lost("one that does not speak %s" % _SUBPROTOCOL)


class _Address(object):
    """What a user types for a server: ws, wss, http or https, or a bare host with or without port."""

    def __init__(self, text):
        expected = 'an address such as "ws://127.0.0.1:8008", "http://127.0.0.1:8008" or "127.0.0.1:8008"'
        wrong = BadValue("address: expected %s, got %r" % (expected, text))
        given = text.strip() if isinstance(text, (str, _text)) else ""
        bare = "://" not in given
        try:
            parts = urlsplit(("ws://" + given) if bare else given)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise wrong
        scheme = {"ws": "ws", "http": "ws", "wss": "wss", "https": "wss"}.get(parts.scheme.lower())
        if not host or scheme is None or any(ord(character) < 33 or ord(character) > 126 for character in given):
            raise wrong
        written = parts.netloc.rpartition("@")[2].rpartition("]")[2].rpartition(":")[2]
        if parts.query or parts.fragment or (port is None and written.isdigit() and written != host):
            raise wrong  # Python 2 leaves out a port that there cannot be
        if parts.path not in ("", "/") and not parts.path.endswith("/ws"):
            raise BadValue("address: expected a server, got %r; ask for a device after connecting" % text)
        self.host = host
        self.secure = scheme == "wss"
        usual = 443 if self.secure else 80
        self.port = port or (_DEFAULT_PORT if bare else usual)
        self.path = parts.path if parts.path.endswith("/ws") else "/ws"
        named = "[%s]" % host if ":" in host else host
        self.authority = named if self.port == usual else "%s:%d" % (named, self.port)
        self.login = unquote(parts.netloc.rpartition("@")[0])
        self.short = _native("%s://%s%s" % (scheme, self.authority, self.path[:-3]))


class _Link(object):
    """One open websocket: text goes out in order, messages come in on a thread of it, until it has `ended`."""

    def __init__(self, address, tls):
        self._address = address
        self._tls = tls
        self._socket = _Socket()
        self._frames = _Frames()
        self._outgoing = Queue()
        self._threads = []
        self._late = False
        self._first = b""
        self._left = False
        self.heard, self.busy = _now(), False
        self.ended = threading.Event()
        self.reason = ""

    def open(self, timeout):
        """Connect and shake hands; Disconnected or TimedOut."""
        where, guard = self._address.short, threading.Timer(timeout, self._give_up)
        guard.daemon = True
        guard.start()
        connected = False
        try:
            self._socket.open(self._address.host, self._address.port, timeout, self._tls)
            connected = True
            self._shake_hands()
        except _Lost as error:
            self.close()
            if self._late or isinstance(error, _Late):
                raise TimedOut("%s: expected a connection within %g s, got no answer" % (where, timeout))
            raise self._refused(error, connected)
        except BaseException:
            self.close()
            raise
        finally:
            guard.cancel()

    def _refused(self, error, connected):
        reason = str(error)
        if connected:
            return Disconnected("%s: expected a macduff server, got %s" % (self._address.short, reason))
        if reason == "connection refused":
            reason += "; is macduff serve running there?"
        if reason.startswith("TLS: "):
            hint = "; cafile= names the certificate or authority to trust, a plain server is ws://"
            return Disconnected("%s: expected a server to trust, got %s%s" % (self._address.short, reason, hint))
        return Disconnected("%s: expected a server, got none: %s" % (self._address.short, reason))

    def _give_up(self):
        self._late = True
        self._socket.abort()

    def _shake_hands(self):
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        self._socket.send(_question(self._address, key))
        data = b""
        while b"\r\n\r\n" not in data:
            if len(data) > MOST_HEAD:
                raise _Lost("an answer that does not end")
            came = self._socket.receive()
            if not came:
                raise _Lost("something that hung up" if not data else "an answer that was cut off")
            data += came
        head, _, self._first = data.partition(b"\r\n\r\n")
        _check_answer(head, key)

    def start(self, on_text):
        """Begin to carry; `on_text(text)` for each message, on the thread that reads."""
        for name, run in (("reader", lambda: self._read(on_text)), ("writer", self._write)):
            thread = threading.Thread(target=run, name="macduff %s: %s" % (self._address.short, name))
            thread.daemon = True
            self._threads.append(thread)
            thread.start()

    def send(self, text):
        """Send text some time soon; never waits."""
        self._outgoing.put(lambda: _frame(_TEXT, text.encode("ascii")))

    def ping(self):
        self._outgoing.put(lambda: _frame(_PING, b"?"))

    def _write(self):
        try:
            while True:
                make = self._outgoing.get()
                if make is None:
                    return
                self._socket.send(make())
        except _ANY:  # the reader learns it, and why
            self._socket.abort()

    def _read(self, on_text):
        try:
            self._end(self._carry(on_text))
        except _Broken as error:
            self._last_words(error.code, str(error))
            self._end("a frame from the server was not understood: %s" % error)
        except _Lost as error:
            self._end("the connection was lost: %s" % error)
        except _ANY as error:  # whatever it was costs the connection, not the client
            self._last_words(1002, "not understood")
            self._end("a frame from the server was not understood: %s: %s" % (type(error).__name__, error))
        finally:  # errors of Java's machine are no exceptions
            if not self.ended.is_set():
                self._end("the connection was lost: out of memory?")

    def _carry(self, on_text):
        data = self._first
        while True:
            for opcode, payload in self._frames.feed(data):
                if opcode == _TEXT:
                    on_text(payload)
                elif opcode == _PING:
                    self._outgoing.put(lambda payload=payload: _frame(_PONG, payload))
                elif opcode == _CLOSE:
                    reason, code = _closed_because(payload)
                    self._last_words(code)
                    return reason
            self.heard, self.busy = _now(), False
            data = self._socket.receive()
            if not data:
                return "the connection was lost"
            self.heard, self.busy = _now(), True  # Jython takes seconds for a message of millions of numbers

    def _last_words(self, code, reason=""):
        if self._left:
            return
        self._left = True
        self._outgoing.put(lambda: _closing(code, reason))

    def _end(self, reason):
        self.reason = self.reason or reason
        self._outgoing.put(None)
        self.ended.set()

    def abort(self, reason):
        """End it now."""
        self.reason = self.reason or reason
        self._socket.abort()

    def farewell(self, seconds):
        """Take leave as the protocol has it, and wait for the server's answer."""
        self._last_words(1000)
        if not self.ended.wait(seconds):
            self._socket.abort()

    def close(self):
        """Give everything back; what was queued before its end is sent if the server takes it at once."""
        for thread in self._threads[1:]:
            thread.join(FAREWELL if self.ended.is_set() else 0.0)
        self._socket.abort()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(FAREWELL)
        self._socket.close()


# ---- values

Reading = namedtuple("Reading", "value alarm time sequence")
Reading.__doc__ = "A value with its alarm, time (ns since the UNIX epoch) and number in its source."
Alarm = namedtuple("Alarm", "severity status message")
Alarm.__doc__ = "How much to trust a value: `severity` (Severity), `status` (0..7), `message`."


class Severity(int):
    """NONE, MINOR, MAJOR or INVALID: an integer with a `name`."""

    _names = ("NONE", "MINOR", "MAJOR", "INVALID")

    @property
    def name(self):
        return self._names[self] if 0 <= self < 4 else "UNKNOWN"

    def __repr__(self):
        return "<Severity.%s: %d>" % (self.name, self)


for _number, _name in enumerate(Severity._names):
    setattr(Severity, _name, Severity(_number))

_INFINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def _kind(meta):
    """What a typeid says: "Number", "NumberArray", "Choice", "Table", ..."""
    return str(meta.get("typeid", "")).rpartition("/")[2].partition("Meta:")[0]


def _float(data):
    if isinstance(data, (str, _text)):
        return _INFINITE.get(data, data)
    return data if data is None or isinstance(data, (list, bool)) else float(data)


def _value(meta, data):
    """A value from the wire: numbers, text, lists for arrays, an ordered dict for tables and maps."""
    kind = _kind(meta)
    floats = str(meta.get("dtype", "")).startswith("float")
    if kind == "Number":
        return _float(data) if floats else data
    if kind.endswith("Array"):
        return _array(data, floats)
    if kind in ("Table", "Map") and isinstance(data, dict):
        inner = meta.get("elements", {})
        return OrderedDict((_native(name), _value(inner.get(name, {}), item)) for name, item in data.items()
                           if name != "typeid")  # fmt: skip
    if kind == "" and isinstance(data, dict) and "shape" in data:
        return _array(data, True)
    return data


def _array(data, floats):
    shape = None
    if isinstance(data, dict):
        data, shape = data["data"], data["shape"]
    if floats and isinstance(data, list):
        data = [_float(item) for item in data]
    for size in reversed((shape or [])[1:]):
        data = [data[start : start + size] for start in range(0, len(data), size)] if size else []
    return data


def _plain(value):
    """What a user gives, as JSON has it: arrays (numpy's, array's, Java's) as lists, enums as their labels."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
        return value
    if isinstance(value, dict):
        return OrderedDict((name, _plain(item)) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if hasattr(type(value), "__members__"):  # a class of Enum
        return value.value if isinstance(value.value, str) else value.name
    return value


def _reading(where, structure, sequence):
    """The reading in an attribute's structure."""
    try:
        alarm, stamp = structure["alarm"], structure["timeStamp"]
        return Reading(
            _value(structure["meta"], structure["value"]),
            Alarm(Severity(alarm["severity"]), alarm["status"], _native(alarm["message"])),
            int(stamp["secondsPastEpoch"]) * 1000000000 + int(stamp["nanoseconds"]),
            sequence,
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadValue("%s: expected an attribute, got something else (%s: %s)" % (where, type(error).__name__, error))


AttributeInfo = namedtuple("AttributeInfo", "name type units choices label description tags writeable writable meta")
AttributeInfo.__doc__ = """What the server says of an attribute; `meta` is all of it.

`type` is "float64", "string", "choice", "uint8 array", "table", ...; `writeable` whether a put would have been accepted
when this was asked, `writable` whether it ever can be.
"""
MethodInfo = namedtuple("MethodInfo", "name takes required defaults returns unpacked label description tags writeable")
MethodInfo.__doc__ = "What the server says of a method; `takes` and `returns` are metas by name, in order."
DeviceInfo = namedtuple("DeviceInfo", "name label description tags attributes methods fields")
DeviceInfo.__doc__ = "What the server says of a device: attributes and methods by name, `fields` in the device's order."


def _type_text(meta):
    kind = _kind(meta)
    element = kind[:-5] if kind.endswith("Array") else kind
    name = str(meta.get("dtype", "number")) if element == "Number" else element.lower()
    return name + " array" if kind.endswith("Array") else name


def _attribute_info(name, meta):
    writeable = bool(meta.get("writeable", False))
    return AttributeInfo(
        name, _type_text(meta), (meta.get("display") or {}).get("units", ""), tuple(meta.get("choices", ())),
        meta.get("label", ""), meta.get("description", ""), tuple(meta.get("tags", ())), writeable,
        bool(meta.get("writable", writeable)), meta,
    )  # fmt: skip


def _method_info(name, meta):
    takes, returns, tags = meta.get("takes", {}), meta.get("returns", {}), tuple(meta.get("tags", ()))
    return MethodInfo(
        name, _native_keys(takes.get("elements", {})), tuple(_native(item) for item in takes.get("required", ())),
        _native_keys(meta.get("defaults", {})), _native_keys(returns.get("elements", {})),
        "method:return:unpacked" in tags, meta.get("label", ""), meta.get("description", ""), tags,
        bool(meta.get("writeable", True)),
    )  # fmt: skip


def _native_keys(mapping):
    return OrderedDict((_native(name), item) for name, item in mapping.items())


def _device_info(name, block):
    try:
        meta, attributes, methods = block["meta"], OrderedDict(), OrderedDict()
        fields = [_native(field) for field in meta["fields"] if field in block]
        for field in fields:
            structure = block[field]
            if "took" in structure or str(structure.get("typeid", "")).startswith("malcolm:core/Method:"):
                methods[field] = _method_info(field, structure["meta"])
            else:
                attributes[field] = _attribute_info(field, structure["meta"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadValue("%s: its description was not understood: %s" % (name, error), device=name)
    tags = tuple(meta.get("tags", ()))
    return DeviceInfo(
        name, meta.get("label", ""), meta.get("description", ""), tags, attributes, methods, tuple(fields)
    )


def _applied(value, stanza):
    """The value with one change of a Delta; what was there before is not changed, others may hold it."""
    path = stanza[0]
    if not path:
        return stanza[1] if len(stanza) == 2 else None
    copy = dict(value)
    if len(path) > 1:
        copy[path[0]] = _applied(copy.get(path[0]), [path[1:]] + stanza[1:])
    elif len(stanza) == 2:
        copy[path[0]] = stanza[1]
    else:
        copy.pop(path[0], None)
    return copy


def _messages(data):
    """The messages in a frame. Python 2 needs to be told that order matters: of parameters, and of columns."""
    text = _utf8(data)
    if not _PYTHON2:
        found = json.loads(text)
    elif b"malcolm:core/Method" in data or b"malcolm:core/Table" in data:
        found = json.loads(data, object_pairs_hook=OrderedDict)
    else:
        found = json.loads(data)
    messages = found if isinstance(found, list) else [found]
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("id"), Integral):
            raise _Broken(1002, "expected a message with an id, got %s" % _shown(message))
    return messages


# ---- requests and subscriptions

_CORE = "malcolm:core/%s:1.0"
_UNKNOWN = {
    "get": "a get changes nothing; ask again",
    "put": "whether the put was done is unknown, and it is not sent again",
    "call": "whether the call was done is unknown, it may still be running, and it is not sent again",
}
_LATE = {"get": "", "put": "; it may still be completed", "call": "; the call goes on"}


class CallFuture(object):
    """The result to come of a request: `done()`, `result(timeout)`, `exception(timeout)`, `cancel()`.

    When a timeout (seconds) is over `result` raises TimedOut and the call goes on. `cancel()` does not only stop
    waiting: it sends abort to the device; the future then ends as the call does, as a rule with Aborted.
    """

    def __init__(self, kind, device, member, decode=None, abort=None):
        self._kind = kind
        self._place = {"device": device, "member": member}
        self._what = "%s.%s" % (device, member) if member else device
        self._decode = decode
        self._abort = abort
        self._ended = threading.Event()
        self._value = self._error = None

    def _finish(self, value, error):
        self._value, self._error = value, error
        self._ended.set()

    def _lost(self, server, reason):
        message = "%s: the connection to %s went before the reply came (%s); %s"
        self._finish(None, Disconnected(message % (self._what, server, reason, _UNKNOWN[self._kind]), **self._place))

    def _not_sent(self, server, reason):
        message = "%s: not connected to %s (%s); the %s was not sent"
        self._finish(None, Disconnected(message % (self._what, server, reason, self._kind), **self._place))

    def done(self):
        """Whether it has ended."""
        return self._ended.is_set()

    def result(self, timeout=None):
        """The result, waited for; its error is raised. TimedOut after `timeout` seconds."""
        error = self.exception(timeout)
        if error is not None:
            raise error
        return self._value if self._decode is None else self._decode(self._value)

    def exception(self, timeout=None):
        """The error, None for success, waited for. TimedOut after `timeout` seconds."""
        seconds = _seconds(timeout, self._what)
        if not _wait(self._ended, seconds):
            message = "%s: expected the end of the %s within %g s%s"
            raise TimedOut(message % (self._what, self._kind, seconds, _LATE[self._kind]), **self._place)
        return self._error

    def abort(self):
        """Send abort to the device: the future of that; None when there was nothing to send."""
        return None if self.done() or self._abort is None else self._abort()

    def cancel(self):
        """Send abort to the device; False, and nothing sent, when the call has ended or is itself an abort."""
        return self.abort() is not None

    def _result_or_abort(self):
        """The result; Ctrl-C sends abort and waits for the end of the call, a second one stops waiting."""
        try:
            return self.result()
        except KeyboardInterrupt:
            aborting = self.abort()
            if aborting is not None and aborting.exception() is None:
                self.exception()
            raise

    def __repr__(self):
        if not self.done():
            return "<%s of %s: running>" % (self._kind, self._what)
        return "<%s of %s: %s>" % (self._kind, self._what, "failed: %s" % self._error if self._error else "done")


class _Watch(object):
    """Something that is watched on the server, over all the connections that come and go.

    The sink's `value(structure, sequence, lost)`, `gone(reason)` and `closed()` are called on the thread that reads.
    """

    def __init__(self, path, policy, sink):
        self.path = path
        self.policy = policy
        self.sink = sink
        self.id = None
        self.seen = threading.Event()
        self.error = None
        self.away = False
        self.structure = None

    def body(self):
        message = {"typeid": _CORE % "Subscribe", "path": self.path, "delta": True}
        if self.policy != "latest":
            message["policy"] = self.policy
        return message

    def updated(self, message):
        changes = message.get("changes")
        for stanza in [[[], message.get("value")]] if changes is None else changes:
            self.structure = _applied(self.structure, stanza)
        try:
            self.sink.value(self.structure, message.get("sequence") or 0, message.get("dropped") or 0)
        except BadValue as error:  # not what the sink expects to watch
            if self.seen.is_set():
                self.sink.gone(error.message)
            else:
                self.error = error
        else:
            self.away = False
        self.seen.set()

    def ended(self, error):
        """It is not subscribed any more; True if it is to be made again when that can be."""
        self.id = self.structure = None
        if self.error is None and self.seen.is_set():
            if not self.away:  # told once, however often it is tried again in vain
                self.away = True
                self.sink.gone(error.message)
            return True
        self.error = error
        self.seen.set()
        return False


class _Feed(object):
    """Readings of one attribute between the thread that reads and whoever takes them: bounded, merged or counted."""

    def __init__(self, where, policy, size, woken=None):
        if policy not in ("latest", "every"):
            raise BadValue("policy: expected 'latest' or 'every', got %r" % (policy,))
        if size is not None and not (isinstance(size, Integral) and size >= 1):
            raise BadValue("size: expected 1 or more, got %r" % (size,))
        self._where = where
        self._items = deque(maxlen=1 if policy == "latest" else size or EVERY_SIZE)
        self._changed = threading.Condition()
        self._woken = woken
        self._newest = (None, 0)
        self.dropped = 0
        self.over = False

    def value(self, structure, sequence, lost):
        if not isinstance(structure, dict) or "value" not in structure or "timeStamp" not in structure:
            raise BadValue("%s: expected an attribute, got something else" % self._where)
        self._newest = (structure, sequence)
        self._put((structure, sequence, None, 0), lost)

    def gone(self, reason):
        self._put(self._newest + (reason, int(time.time() * 1e9)), 0)

    def _put(self, item, lost):
        with self._changed:
            if self.over:
                return
            first = not self._items
            self.dropped += lost + (len(self._items) == self._items.maxlen)
            self._items.append(item)
            self._changed.notify()
        if first and self._woken is not None:
            self._woken()

    def closed(self):
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def __len__(self):
        return len(self._items)

    def take(self, timeout=None):
        """The next reading, waited for; TimedOut, or Disconnected once it is over."""
        deadline = None if timeout is None else _now() + timeout
        with self._changed:
            while not self._items:
                if self.over:
                    raise Disconnected("%s: the monitor is closed" % self._where)
                left = 3600.0 if deadline is None else deadline - _now()
                if left <= 0:
                    raise TimedOut("%s: expected a change within %g s" % (self._where, timeout))
                self._changed.wait(min(left, _MOST_WAIT))
            structure, sequence, reason, when = self._items.popleft()
        if reason is None:
            return _reading(self._where, structure, sequence)
        value = None if structure is None else _value(structure["meta"], structure["value"])
        return Reading(value, Alarm(Severity.INVALID, 7, "disconnected: %s" % reason), when, sequence)


class _Callbacks(object):
    """Runs functions one after the other on a thread that begins with the first of them."""

    def __init__(self, name):
        self._name = name
        self._queue = Queue()
        self._lock = threading.Lock()
        self._thread = None
        self._over = False

    def soon(self, function):
        with self._lock:
            if self._over:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name)
                self._thread.daemon = True
                self._thread.start()
            self._queue.put(function)

    def _run(self):
        while True:
            function = self._queue.get()
            if function is None:
                return
            try:
                function()
            except _ANY:  # the author's; the others' callbacks go on
                traceback.print_exc()

    def close(self):
        with self._lock:
            self._over = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join(FAREWELL)


class _Connection(object):
    """One connection to a server, kept alive: requests, subscriptions, the list of devices."""

    def __init__(self, address, timeout, tls):
        self.address = _Address(address)
        self.timeout = _seconds(timeout, self.address.short)
        self.server = self.address.short
        self.state, self.reason = "connecting", ""
        self.devices = ()
        self.callbacks = _Callbacks("macduff %s: callbacks" % self.server)
        self._tls = tls if self.address.secure else None
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._open = {}
        self._watched = {}
        self._list = _Watch([".", "blocks"], "latest", _List(self))
        self._watches = [self._list]
        self._listeners = []
        self._link = self._opening = None
        self._closing = threading.Event()
        self._settled = threading.Event()
        self._delay = RECONNECT_FIRST
        self._thread = None

    # the life of the connection

    def open(self, retry):
        """Connect for the first time; with `retry` a server that is not there yet is waited for."""
        deadline = _now() + self.timeout
        link = self._first(deadline, retry)
        self._thread = threading.Thread(target=self._keep, args=(link, retry), name="macduff %s" % self.server)
        self._thread.daemon = True
        self._attach(link)
        self._thread.start()
        settled = self._settled.wait(max(0.0, deadline - _now()))
        if settled and self.state == "connected":
            return
        reason = self.reason
        self.close()
        if settled:
            raise Disconnected("%s: expected a macduff server, got another: %s" % (self.server, reason))
        why = reason or "no list of devices came"
        raise TimedOut("%s: expected a connection within %g s (%s)" % (self.server, self.timeout, why))

    def _first(self, deadline, retry):
        while True:
            link = _Link(self.address, self._tls)
            try:
                link.open(max(0.001, deadline - _now()) if retry else self.timeout)
                return link
            except Disconnected as error:
                if not retry:
                    raise
                reason = error.message
            left = deadline - _now()
            if left <= 0:
                message = "%s: expected a connection within %g s (%s)" % (self.server, self.timeout, reason)
                raise TimedOut(message)
            time.sleep(min(self._pause(), left))

    def _pause(self):
        """Not all clients at once: a server that comes back has enough to do."""
        delay, self._delay = self._delay * random.uniform(0.8, 1.2), min(2 * self._delay, RECONNECT_MOST)
        return delay

    def _attach(self, link):
        with self._lock:
            self._link, self._opening = link, None
            for watch in self._watches:
                self._subscribe(watch)
        link.start(self._received)

    def _keep(self, link, retry):
        """The life of the thread that keeps the connection."""
        try:
            while link is not None:
                self._watch_over(link)
                link.close()
                if self._closing.is_set():
                    return
                if self.state == "connecting" and not retry:
                    self.reason = link.reason
                    self._settled.set()
                    return
                self._become("reconnecting", link.reason)
                self._drop(link.reason)
                link = self._reopen()
                if link is not None:
                    self._attach(link)
        finally:
            if link is not None:
                link.close()

    @staticmethod
    def _watch_over(link):
        """Until it ends; an idle one is pinged, one that then says nothing is ended."""
        pause, pinged = HEARTBEAT, False
        while not link.ended.wait(max(pause, 0.01)):
            quiet = 0.0 if link.busy else _now() - link.heard
            if quiet >= 1.5 * HEARTBEAT:
                link.abort("the connection was lost: no answer to a ping")
                link.ended.wait(FAREWELL)
                return
            if quiet < HEARTBEAT:
                pinged = False
            elif not pinged:
                pinged = True
                link.ping()
            pause = (1.5 if pinged else 1.0) * HEARTBEAT - quiet

    def _reopen(self):
        while not self._closing.wait(self._pause()):
            link = _Link(self.address, self._tls)
            with self._lock:
                if self._closing.is_set():
                    return None
                self._opening = link
            try:
                link.open(self.timeout)
                return link
            except MacduffError as error:
                self.reason = error.message
            except _ANY as error:  # a client that gave up for an unforeseen error would never come back
                self.reason = "%s: %s" % (type(error).__name__, error)
        return None

    def _become(self, state, reason=""):
        with self._lock:
            if self.state == state or self.state == "closed":
                return
            self.state, self.reason = state, reason
            listeners = list(self._listeners)
        if state == "connected":
            self._delay = RECONNECT_FIRST
        if state == "reconnecting":
            self._settled.clear()
        else:
            self._settled.set()
        for listener in listeners:
            self.callbacks.soon(lambda listener=listener: listener(state, reason))

    def _drop(self, reason):
        """The connection is gone: open requests fail, what is watched is away."""
        with self._lock:
            self._link = None
            requests, self._open = list(self._open.values()), {}
            watched, self._watched = list(self._watched.values()), {}
        for request in requests:
            request._lost(self.server, reason)
        for watch in watched:
            if not watch.ended(Disconnected(reason)):
                self._forget(watch)

    def close(self):
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
            link, opening = self._link, self._opening
        if link is not None:
            link.farewell(FAREWELL)
        if opening is not None:
            opening.abort("the client was closed")
        if self._thread is not None:
            self._thread.join(3 * FAREWELL)
        self._become("closed", "the client was closed")
        with self._lock:
            watches, self._watches = self._watches, []
        self._drop("the client was closed")
        for watch in watches:
            watch.sink.closed()
        self.callbacks.close()

    def wait_connected(self, timeout):
        if not _wait(self._settled, _seconds(timeout, self.server)):
            message = "%s: expected to be connected within %g s (%s)" % (self.server, timeout, self.reason)
            raise TimedOut(message)
        if self.state == "closed":
            raise Disconnected("%s: %s" % (self.server, self.reason))

    def on_state(self, callback):
        with self._lock:
            self._listeners.append(callback)

        def forget():
            with self._lock:
                if callback in self._listeners:
                    self._listeners.remove(callback)

        return forget

    # requests

    def request(self, future, message):
        """Send a request; what is wrong with it, the future tells."""
        try:
            text = self._body(future._what, message)
        except MacduffError as error:
            future._finish(None, error)
            return future
        with self._lock:
            link = self._link
            if link is not None and self.state == "connected":
                self._open[self._send(link, text)] = future
                return future
        future._not_sent(self.server, self.reason or self.state)
        return future

    @staticmethod
    def _body(where, message):
        try:
            text = json.dumps(message, allow_nan=False)
        except (TypeError, ValueError, OverflowError, RuntimeError) as error:
            raise BadValue("%s: expected a value that can be sent, got one that cannot (%s)" % (where, error))
        if len(text) > MOST_REQUEST:
            message = "%s: expected a request of at most %d bytes, got %d" % (where, MOST_REQUEST, len(text))
            raise BadValue(message)
        return text

    def _send(self, link, text):
        """Within the lock: nothing is heard of an id before it is known."""
        identity = next(self._ids)
        link.send('{"id":%d,%s' % (identity, text[1:]))
        return identity

    def get(self, path, decode=None):
        member = path[1] if len(path) > 1 else ""
        message = {"typeid": _CORE % "Get", "path": list(path)}
        return self.request(CallFuture("get", path[0], member, decode), message)

    def put(self, device, member, value, readback):
        message = {"typeid": _CORE % "Put", "path": [device, member, "value"] if member else [device]}
        message["value"] = _plain(value)
        if readback:
            message["readback"] = True
        return self.request(CallFuture("put", device, member), message)

    def call(self, device, member, parameters, decode=None):
        abort = None if member == "abort" else lambda: self.call(device, "abort", {})
        future = CallFuture("call", device, member, decode, abort)
        message = {"typeid": _CORE % "Post", "path": [device, member], "parameters": _plain(parameters)}
        return self.request(future, message)

    # subscriptions

    def watch(self, watch):
        """Watch; returns when there is a first value, or raises why there is none."""
        with self._lock:
            if self._link is None or self.state != "connected":
                reason = self.reason or self.state
                raise Disconnected("%s: not connected to %s (%s)" % (".".join(watch.path), self.server, reason))
            self._watches.append(watch)
            self._subscribe(watch)
        try:
            if not _wait(watch.seen, self.timeout):
                where, seconds = ".".join(watch.path), self.timeout
                raise TimedOut("%s: expected a first value within %g s" % (where, seconds))
            if watch.error is not None:
                raise watch.error
        except BaseException:  # Ctrl-C too
            self.unwatch(watch)
            raise

    def _subscribe(self, watch):
        """Within the lock."""
        watch.id = self._send(self._link, json.dumps(watch.body()))
        self._watched[watch.id] = watch

    def unwatch(self, watch):
        """Watch it no longer; again does nothing."""
        with self._lock:
            self._forget(watch)
            if self._watched.pop(watch.id, None) is not None and self._link is not None:
                self._link.send('{"typeid":"%s","id":%d}' % (_CORE % "Unsubscribe", watch.id))

    def _forget(self, watch):
        with self._lock:
            if watch in self._watches and watch is not self._list:
                self._watches.remove(watch)

    # what comes, on the thread that reads

    def _received(self, data):
        for message in _messages(data):
            kind, identity = message.get("typeid"), message["id"]
            if kind in (_CORE % "Update", _CORE % "Delta"):
                with self._lock:  # whoever subscribes has it until the id is known
                    watch = self._watched.get(identity)
                if watch is not None:
                    watch.updated(message)
            elif kind in (_CORE % "Return", _CORE % "Error"):
                error = _error_of(message) if kind == _CORE % "Error" else None
                self._replied(identity, message.get("value"), error)
            else:
                raise _Broken(1002, "expected Return, Error, Update or Delta, got %s" % _shown(kind))

    def _replied(self, identity, value, error):
        with self._lock:
            future = self._open.pop(identity, None)
            watch = None if future is not None else self._watched.pop(identity, None)
        if future is not None:
            future._finish(value, error)
        elif watch is self._list:
            self._become("connected")  # a server without a list is there all the same
        elif watch is not None:
            if not watch.ended(error or Disconnected("the server ended the subscription")):
                self._forget(watch)
        elif identity == -1:  # nobody knows which request that was: none may wait for its reply for ever
            raise _Broken(1002, "it did not understand what was sent: %s" % error)

    def listed(self, names):
        """The list of devices has come: the server is there, and devices may have come back."""
        self.devices = names
        self._become("connected")
        with self._lock:
            if self._link is not None:
                for watch in self._watches:
                    if watch.id is None and watch.path[0] in names:
                        self._subscribe(watch)


class _List(object):
    """Watches the server's list of devices."""

    def __init__(self, connection):
        self._connection = connection

    def value(self, structure, sequence, lost):
        names = tuple(_native(name) for name in structure["value"]["mri"])
        self._connection.listed(names)

    def gone(self, reason):
        """The last list stays."""

    def closed(self):
        """Nothing."""


# ---- what users hold


class Subscriber(object):
    """A subscription with a callback, until `close()` or the end of its `with`."""

    def __init__(self, connection, path, callback, policy, size):
        self.path = path
        self._connection = connection
        self._callback = callback
        self._feed = _Feed(path, policy, size, lambda: connection.callbacks.soon(self._deliver))
        self._watch = _Watch(list(_split(path)), policy, self._feed)
        connection.watch(self._watch)

    @property
    def dropped(self):
        """How many readings were not given to the callback: merged (`latest`) or lost (`every`)."""
        return self._feed.dropped

    def _deliver(self):
        """On the callback thread: one reading, then the others' turn."""
        if self._feed.over:
            return
        try:
            reading = self._feed.take(0)
        finally:
            if len(self._feed):
                self._connection.callbacks.soon(self._deliver)
        self._callback(reading)

    def close(self):
        """End it; a callback that runs now is the last one. Again does nothing."""
        self._feed.closed()
        self._connection.unwatch(self._watch)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def __repr__(self):
        return "<subscription to %s%s>" % (self.path, ", closed" if self._feed.over else "")


class Monitor(object):
    """`with client.monitor("STAGE.position") as readings: for reading in readings: ...`"""

    def __init__(self, connection, path, policy, size):
        self.path = path
        self._connection = connection
        self._feed = _Feed(path, policy, size)
        self._watch = _Watch(list(_split(path)), policy, self._feed)
        self._entered = False

    def __enter__(self):
        if self._entered:
            raise RuntimeError("monitor of %s: expected to be entered once; make another one" % self.path)
        self._entered = True
        self._connection.watch(self._watch)
        return self

    def __exit__(self, *args):
        self.close()

    def close(self):
        """End it, also for a thread that waits in it; what has arrived can still be read."""
        self._feed.closed()
        self._connection.unwatch(self._watch)

    @property
    def dropped(self):
        """How many readings were never seen here: merged (`latest`) or lost because nobody read them (`every`)."""
        return self._feed.dropped

    def get(self, timeout=None):
        """The next reading, waited for; TimedOut after `timeout` seconds, Disconnected once it is closed."""
        if not self._entered:
            raise RuntimeError("monitor of %s: expected to be used in a with statement" % self.path)
        return self._feed.take(_seconds(timeout, self.path))

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return self.get()
        except Disconnected:
            raise StopIteration

    next = __next__


def _split(path):
    """("STAGE", "position") from "STAGE.position"; the Process is the device "."."""
    if path.startswith(".."):
        device, member = ".", path[2:]
    else:
        device, _, member = path.partition(".")
    if not device or not member:
        raise BadValue("path: expected 'DEVICE.attribute', got %r" % (path,))
    return device, member


class _Described(object):
    """What the server says of a device; asked for again when its fields have changed or it has come back."""

    def __init__(self, connection, name):
        self._connection = connection
        self.name = name
        self._info = None
        self._stale = True
        self._fields = None

    def info(self):
        if self._stale:
            self._stale, failed = False, None
            try:
                self._info = self._connection.get((self.name,), self._understood).result(self._connection.timeout)
            except BaseException as error:
                self._stale = True
                if not isinstance(error, (NotFound, Disconnected)):
                    raise
                failed = error
            if isinstance(failed, NotFound):
                raise self._unknown()
            if failed is not None and self._info is None:
                raise failed
        return self._info  # the last one, while nobody can be asked

    def _understood(self, block):
        return _device_info(self.name, block)

    def _unknown(self):
        names = self._connection.devices
        hint = _suggestion(self.name, names) or "; it has no devices"
        message = "%s: no device '%s'%s" % (self._connection.server, self.name, hint)
        return UnknownName(message, device=self.name, allowed=names)

    # a sink of the device's meta

    def value(self, structure, sequence, lost):
        fields = list(structure.get("fields", ()))
        self._stale = self._stale or (self._fields is not None and fields != self._fields)
        self._fields = fields

    def gone(self, reason):
        self._stale = True

    def closed(self):
        """What is known stays readable."""
        self._stale = False


class RemoteAttribute(object):
    """An attribute that is somewhere else: value, setpoint, alarm, time and reading are one Get each."""

    def __init__(self, connection, described, name, info=None):
        self._connection = connection
        self._described = described
        self._opened = info
        self.name = name

    @property
    def info(self):
        """What the server says of the attribute."""
        if self._opened is not None:
            return self._opened
        return _attribute_in(self._described.info(), self.name)

    @property
    def units(self):
        """Its units; "" for none."""
        return self.info.units

    @property
    def path(self):
        """Its full name, "STAGE.velocity"."""
        return "%s.%s" % (self._described.name, self.name)

    def _get(self, decode):
        connection = self._connection
        return connection.get((self._described.name, self.name), decode).result(connection.timeout)

    @property
    def reading(self):
        """Value, alarm and time of one moment."""
        return self._get(lambda structure: _reading(self.path, structure, 0))

    @property
    def value(self):
        """What it is: the readback, where that differs from the set point."""
        return self.reading.value

    @property
    def setpoint(self):
        """What was last asked for; the value, where the server does not tell one apart."""
        return self._get(lambda found: _value(found["meta"], found.get("setpoint", found["value"])))

    @property
    def alarm(self):
        """Severity, status and message."""
        return self.reading.alarm

    @property
    def time(self):
        """When it became what it is: nanoseconds since the UNIX epoch, of its source."""
        return self.reading.time

    def put(self, value, readback=False, timeout=None):
        """Put a value and wait until that is complete; with `readback` until the readback confirms it.

        TimedOut after `timeout` seconds (never by default), and then the put may still complete.
        """
        seconds = _seconds(timeout, self.path)
        self._connection.put(self._described.name, self.name, value, readback).result(seconds)

    def subscribe(self, callback, policy="latest", size=None):
        """Call back with each reading, the present one first; see Client.subscribe."""
        return Subscriber(self._connection, self.path, callback, policy, size)

    def monitor(self, policy="latest", size=None):
        """The readings as an iterator, used in a `with`; see Client.monitor."""
        return Monitor(self._connection, self.path, policy, size)

    def wait_for(self, value, timeout=None):
        """Wait until the attribute has the value, or one for which the function is true; what it then was.

        An INVALID reading never counts. TimedOut after `timeout` seconds.
        """
        wanted = value if callable(value) else lambda now: now == value or (now != now and value != value)
        seconds = _seconds(timeout, self.path)
        deadline = None if seconds is None else _now() + seconds
        with self.monitor("every") as readings:
            while True:
                try:
                    reading = readings.get(None if deadline is None else max(0.0, deadline - _now()))
                except TimedOut:
                    raise TimedOut("%s: expected %r within %g s" % (self.path, value, seconds))
                if reading.alarm.severity < Severity.INVALID and wanted(reading.value):
                    return reading.value

    def __repr__(self):
        info = self.info
        units = " " + _native(info.units) if info.units else ""
        access = "writable" if info.writeable else "not writable now" if info.writable else "read only"
        return "<attribute %s: %s%s, %s>" % (self.path, info.type, units, access)


def _attribute_in(info, name):
    found = info.attributes.get(name)
    if found is None and name in info.methods:
        what = "%s.%s: expected an attribute, got a method: call it" % (info.name, name)
        raise UnknownName(what, device=info.name, member=name)
    if found is None:
        raise _unknown_member(info.name, name, info.attributes, "attribute")
    return found


class RemoteMethod(object):
    """Call it to run the method on the device and wait for its result; `start` does not wait.

    Ctrl-C while a call waits sends abort to the device and waits for the call's end.
    """

    def __init__(self, connection, device, info):
        self._connection = connection
        self._device = device
        self.info = info
        self.__name__ = info.name
        self.__doc__ = info.description

    def __call__(self, *args, **kwargs):
        return self.start(*args, **kwargs)._result_or_abort()

    def start(self, *args, **kwargs):
        """Start the call: a CallFuture, whose `cancel()` sends abort to the device."""
        return self._connection.call(self._device, self.info.name, self._bound(args, kwargs), self._decoded)

    def _bound(self, args, kwargs):
        """Parameters by name. What is not given is not sent: the device's own, live default counts."""
        info, names = self.info, list(self.info.takes)
        if len(args) > len(names):
            most = "at most %d argument%s" % (len(names), "s" * (len(names) > 1)) if names else "no arguments"
            raise self._bad("expected %s, got %d" % (most, len(args)))
        parameters = dict(zip(names, args))  # noqa: B905 - Python 2 has no strict
        for name, value in kwargs.items():
            if name not in info.takes:
                raise self._bad("no parameter '%s'%s" % (name, _suggestion(name, names)))
            if name in parameters:
                raise self._bad("'%s' was given by its place and by its name" % name)
            parameters[name] = value
        missing = [name for name in info.required if name not in parameters]
        if missing:
            raise self._bad("expected %s, got no value" % ", ".join("'%s'" % name for name in missing))
        return parameters

    def _bad(self, what):
        place = {"device": self._device, "member": self.info.name, "allowed": list(self.info.takes)}
        return BadCall("%s.%s%s: %s" % (self._device, self.info.name, self._signature(), what), **place)

    def _signature(self):
        shown = [name if name in self.info.required else "[%s]" % name for name in self.info.takes]
        return "(%s)" % ", ".join(shown)

    def _decoded(self, value):
        returns = self.info.returns
        if not returns:
            return value
        if self.info.unpacked and len(returns) == 1:
            return _value(list(returns.values())[0], value)
        if not isinstance(value, dict):
            return value
        found = ((_native(name), item) for name, item in value.items() if name != "typeid")
        return OrderedDict((name, _value(returns.get(name, {}), item)) for name, item in found)

    def __repr__(self):
        return "<method %s.%s%s>" % (self._device, self.info.name, self._signature())


class Attributes(object):
    """The attributes of a remote device by name, as objects with alarm, time, units and `put`."""

    def __init__(self, connection, described):
        self._connection = connection
        self._described = described

    def __getitem__(self, name):
        info, opened = self._described.info(), None
        if name not in info.fields and "members:opened" in info.tags:  # it has more than it shows
            opened = self._connection.get((info.name, name), lambda found: _attribute_info(name, found["meta"]))
            opened = opened.result(self._connection.timeout)
        else:
            _attribute_in(info, name)
        return RemoteAttribute(self._connection, self._described, name, opened)

    def __contains__(self, name):
        return name in self._described.info().attributes

    def __iter__(self):
        return iter(self._described.info().attributes)

    def __len__(self):
        return len(self._described.info().attributes)

    def keys(self):
        """The names."""
        return list(self)

    def put(self, values, readback=False, timeout=None):
        """Put several at once, by name: for a configurable device one configure. As RemoteAttribute.put otherwise."""
        info = self._described.info()
        for name in values:
            _attribute_in(info, name)
        seconds = _seconds(timeout, info.name)
        self._connection.put(info.name, "", dict(values), readback).result(seconds)

    def __repr__(self):
        return "<attributes of %s: %s>" % (self._described.name, ", ".join(self))


class RemoteDevice(object):
    """A device of a server: reading an attribute is one Get, assigning puts and waits, a method is called.

    `attributes` has all that belongs to a value besides the value.
    """

    def __init__(self, connection, described):
        object.__setattr__(self, "_connection", connection)
        object.__setattr__(self, "_described", described)

    @property
    def attributes(self):
        """The attributes by name, as objects with value, set point, alarm, time, units, `put` and `subscribe`."""
        return Attributes(self._connection, self._described)

    def __getattr__(self, name):
        if name.startswith("_"):  # Python and its tools ask for many of these
            raise AttributeError("%r object has no attribute %r" % (type(self).__name__, name))
        info = self._described.info()
        if name in info.attributes:
            return RemoteAttribute(self._connection, self._described, name).value
        if name in info.methods:
            return RemoteMethod(self._connection, info.name, info.methods[name])
        raise _unknown_member(info.name, name, info.fields)

    def __setattr__(self, name, value):
        info = self._described.info()
        if name in info.attributes:
            RemoteAttribute(self._connection, self._described, name).put(value)
            return
        if name in info.methods:
            what = "%s.%s: expected to be called, not assigned; it is a method" % (info.name, name)
            raise UnknownName(what, device=info.name, member=name)
        raise _unknown_member(info.name, name, info.attributes, "attribute")

    def __dir__(self):
        return ["attributes"] + list(self._described.info().fields)

    def __repr__(self):
        info = self._described.info()
        counts = (len(info.attributes), len(info.methods))
        return "<device %s: %d attributes, %d methods>" % ((info.name,) + counts)


class Client(object):
    """The devices of a server: `client["STAGE"]`, or `client.STAGE` where the name allows it.

    It reconnects by itself and takes its subscriptions up again; what it is doing is `state`. Close it, or use it in a
    `with`. It may be used from several threads.
    """

    def __init__(self, connection):
        self._connection = connection
        self._known = {}

    @property
    def address(self):
        """The server, "ws://127.0.0.1:8008"."""
        return self._connection.server

    @property
    def state(self):
        """ "connecting", "connected", "reconnecting" or "closed"."""
        return self._connection.state

    @property
    def connected(self):
        """Whether requests can be sent now."""
        return self.state == "connected"

    @property
    def reason(self):
        """Why it is not connected; "" while it is."""
        return self._connection.reason

    def on_state(self, callback):
        """Call back(state, reason) at each change of state, on the callback thread; the returned function ends it."""
        return self._connection.on_state(callback)

    def wait_connected(self, timeout=None):
        """Wait until it is connected; TimedOut after `timeout` seconds, Disconnected once it is closed."""
        self._connection.wait_connected(timeout)

    def close(self):
        """End the connection, its subscriptions and threads; open requests fail with Disconnected."""
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    @property
    def devices(self):
        """The names of the devices, as the server listed them last; kept up to date by it."""
        return self._connection.devices

    def device(self, name):
        """A device by name; UnknownName when the server has none of that name."""
        found = self._known.get(name)
        if found is None:
            described = _Described(self._connection, name)
            described.info()
            self._connection.watch(_Watch([name, "meta"], "latest", described))
            found = self._known.setdefault(name, RemoteDevice(self._connection, described))
        return found

    def info(self, name):
        """What the server says of a device: a DeviceInfo."""
        return self.device(name)._described.info()

    def __getitem__(self, name):
        return self.device(name)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError("%r object has no attribute %r" % (type(self).__name__, name))
        if name not in self.devices:  # nothing is asked for a guess, such as those that `hasattr` makes
            hint = _suggestion(name, self.devices) or "; it has no devices"
            message = "%s: no device '%s'%s" % (self.address, name, hint)
            raise UnknownName(message, device=name, allowed=self.devices)
        return self.device(name)

    def __dir__(self):
        return [name for name in dir(type(self)) if not name.startswith("_")] + list(self.devices)

    def __contains__(self, name):
        return name in self.devices

    def __iter__(self):
        return iter(self.devices)

    def __len__(self):
        return len(self.devices)

    def subscribe(self, path, callback, policy="latest", size=None):
        """Call back with each reading of "DEVICE.attribute", the present one first; until `close()` on the result.

        `latest` merges what comes while a callback runs, `every` keeps up to `size` readings, then the oldest go; both
        count `dropped`. While the connection or the device is away there is one INVALID reading that says so.
        """
        return Subscriber(self._connection, path, callback, policy, size)

    def monitor(self, path, policy="latest", size=None):
        """The readings of "DEVICE.attribute" as an iterator, for a `with`; policies as in `subscribe`."""
        return Monitor(self._connection, path, policy, size)

    def __repr__(self):
        count, names = len(self.devices), ", ".join(self.devices[:5])
        shown = "%d device%s%s" % (count, "" if count == 1 else "s", ": " + names if names else "")
        return "<Client %s, %s, %s%s>" % (self.address, self.state, shown, ", ..." if count > 5 else "")


def connect(address, timeout=10.0, retry=False, cafile=None, context=None):
    """Connect to a server: "ws://127.0.0.1:8008", "wss://lab.example", "http://127.0.0.1:8008" or "127.0.0.1:8008".

    timeout: seconds for this, and later for each get. retry: wait that long for a server that is not there yet.
    cafile: a file of certificates (PEM) to trust in place of the system's, for wss and https. context: what makes TLS
    instead: a javax.net.ssl.SSLContext under Jython, an ssl.SSLContext under CPython. A certificate must be trusted and
    have the name or address in it by which the server is called.

    Disconnected when nobody answers or somebody else does, TimedOut when the answer takes too long, BadValue (a
    ValueError) for what is no address.
    """
    secure = _Address(address).secure
    if timeout is None:
        raise BadValue("connect: timeout: expected seconds from 0 on, got None")
    connection = _Connection(address, timeout, _tls(cafile, context) if secure else None)
    connection.open(retry)
    return Client(connection)
