"""The base class of every device: what its author writes against."""

from __future__ import annotations

import inspect
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Self, TypeVar

from ..errors import NotFound
from ..limits import DEFAULTS
from ..protocol.model import CLASS_TAG
from ..values import Reading, VEnum, VString
from . import changing, dynamic, events, family, opening, putting, starting, waiting
from . import own_thread as threads
from .attribute import Attribute
from .building import DeviceParts, bound_arguments, declared, parts_of
from .describing import as_dict
from .events import event
from .future import Future
from .initial import bind
from .lane import Segment
from .lulls import SEGMENTS
from .machine import Machine
from .method import Method, MethodSpec
from .names import check_device_name
from .states import DState
from .unbound import CLOCK, LOCAL, no_lane, no_wake
from .watch import Watch

if TYPE_CHECKING:
    from ..primitives import Backend, Clock
    from .process import Process

__all__ = ["Device"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
D = TypeVar("D", bound="Device")


class Device:
    """An instrument, or a part of one: attributes, published methods and a state.

    `__init__` touches no hardware; `do_connect` does, in a worker, again and again until it succeeds. Device code is
    plain blocking Python; every wait releases the device's lock and ends early when the device is aborted.

    name: letters, digits, _, - and : between them. wire: what its wire sources talk through. children: for each
    `Child`, the device.
    """

    abort_grace: ClassVar[float] = DEFAULTS.abort_grace
    """Seconds that an aborted method may take to end, its children's largest added."""

    _parts: ClassVar[DeviceParts]

    health = Attribute(VString(), "OK", "OK, or what is wrong")
    state = Attribute(VEnum(DState), DState.Idle, "What the device is doing")
    status = Attribute(VString(), "", "What the running method reports")
    abort = event(events.abort)
    reset = event(events.reset)

    name: str
    attributes: dict[str, Attribute[Any]]
    methods: dict[str, Method[Any, Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._parts = parts_of(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = object.__new__(cls)
        self.__dict__["_arguments"] = bound_arguments(self, args, kwargs)
        return self

    def __init__(self, name: str, *, wire: Any = None, **children: Device) -> None:
        check_device_name(name) if name != "." else None
        self._set(name=name, wire=wire, label=name.rpartition(":")[2] or name, clock=CLOCK)
        opens = (opening.OPENS_MEMBERS,) if self.opens_members else ()
        self._set(tags=(f"{CLASS_TAG}{type(self).__name__}", *opens))
        self._set(description=inspect.cleandoc(type(self).__doc__ or ""))
        self._log = logging.getLogger(f"macduff.device.{name}")
        self._set(log=self._log)
        self._mutex: Any = threading.Lock()
        self._sequence = 0
        self._segment: Segment | None = None
        self._unpublished: deque[Segment] = deque()
        self._lull = False
        self._awaited = 0
        self._every_bound = DEFAULTS.every_changes
        self._lane_append: Callable[[Segment], None] = no_lane
        self._wake: Callable[[], None] = no_wake
        self._local: Any = LOCAL
        self._clock: Any = CLOCK
        self._preempt: Callable[[], None] | None = None
        self._process: Process | None = None
        self._lock: Any = None
        self._slots: Any = None
        self._removed = self._simulate = False
        self._helpers: list[threads.OwnThread] = []
        self._dropped = 0
        self._parent: Device | None = None
        self._children: dict[str, Device] = {}
        self._owned: list[Device] = []
        self._machine = Machine(self)
        self._set(attributes={}, methods={})
        for part_name, part in self._parts.members.items():
            if isinstance(part, Attribute):
                self.attributes[part_name] = self.__dict__[part_name] = bind(part, self)
            else:
                self.methods[part_name] = self.__dict__[part_name] = Method(self, part_name, part.spec, part.function)
        self._set_fields()
        for role, child in children.items():
            self.set_child(role, child)

    def _set(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        raise AttributeError(self._parts.refuse_assignment(self.__dict__.get("name", type(self).__name__), name, value))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.state.value.value}>"

    # children

    def add_child(self, child: D) -> D:
        """A part that belongs to this device: it is named `SELF:CHILD`, and comes and goes with it."""
        return family.add_child(self, child)

    def set_child(self, role: str, child: Device) -> None:
        """Give the device of a `Child`; TypeError when it is of another class."""
        family.set_child(self, role, child)

    # changes

    def update(self, **values: Any) -> None:
        """Several attributes in one change: nobody ever sees half of it. Raises BadValue and changes nothing."""
        changing.update(self, values)

    def snapshot(self, *names: str) -> dict[str, Reading]:
        """Readings of several attributes (all when none is named), taken together."""
        return changing.snapshot(self, names)

    def put(self, *, readback: bool = False, timeout: float | None = None, **values: Any) -> None:
        """Put several attributes in parallel; done when all are. See `Attribute.put`."""
        putting.put_many(self, values, readback=readback, timeout=timeout)

    def _attribute(self, name: str) -> Attribute[Any]:
        try:
            return self.attributes[name]
        except KeyError:
            raise AttributeError(self._parts.unknown(self.name, name, self.attributes)) from None

    def _open_segment(self) -> tuple[Segment, bool]:
        """Under the value mutex: where changes go now, and whether the Process must be woken for it."""
        segment = self._segment
        if segment is not None:
            return segment, False
        segment = self._segment = Segment(self)
        self._unpublished.append(segment)
        self._lane_append(segment)
        return segment, not self._lull or self._awaited > 0 or len(self._unpublished) > SEGMENTS

    # waiting

    def wait(self, seconds: float, *, pausable: bool = False) -> None:
        """Let others in for so many seconds; ends early on abort, and on pause when `pausable`."""
        waiting.wait(self, seconds, pausable=pausable)

    def report_wait(self, message: str, timeout: float | None = None) -> dict[str, Reading]:
        """Publish `message` as the status and wait until something changes; return what did, by name.

        Own attributes and the children's (as `child.attribute`) count, except what this call wrote itself. What
        changed since the last report, or since the call began, counts too. timeout in seconds: then {}.
        """
        return waiting.report_wait(self, message, timeout)

    def watch(self, attribute: Attribute[T]) -> Watch[T]:
        """`with self.watch(attribute) as w:` w.next() gives each change from here on. Watch, then act, then next."""
        return Watch(attribute)

    def start(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Start a method, a put or a function of this device and go on; it ends with this call at the latest."""
        return starting.start(self, function, args, kwargs)

    def wait_all(self, *futures: Future[Any], timeout: float | None = None) -> list[Any]:
        """Wait for all; return their results. The first error is raised at once."""
        return waiting.wait_all(self, futures, timeout)

    def shielded(self, seconds: float) -> AbstractContextManager[None]:
        """For `finally`: inside, waits and puts work although the call was ended, for so many seconds at most."""
        return waiting.shielded(self, seconds)

    def own_thread(self, open: Callable[[], T]) -> T:
        """An object made by `open()` in a thread of its own, whose methods all run there; for thread-bound SDKs."""
        return threads.own_thread(self, open)

    def wait_async(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine of an asyncio-only driver and wait for its result, the lock released. timeout in seconds."""
        return threads.wait_async(self, coroutine, timeout)

    # what authors override

    def handle_event(self, event: str) -> bool:
        """Asked first for configure, run, pause, rewind, resume and reset; True consumes the event."""
        return False

    def do_connect(self) -> None:
        """Open the hardware; called in a worker, again until it succeeds."""

    def do_close(self) -> None:
        """Let go of the hardware; the last thing that is called."""

    def do_stop(self) -> None:
        """Stop what moves; called before Paused and, by the default `do_abort`, before Aborted."""

    def do_abort(self) -> None:
        """Stop everything; by default `do_stop`, then, even where that failed, abort the children in parallel."""
        starting.stop_and_abort(self)

    def do_reset(self) -> DState | None:
        """Make ready for use after Fault or Aborted; by default reset the children in parallel."""
        starting.all_children(self, "reset")
        return None

    # dynamic attributes

    def open_member(self, name: str) -> str:
        """Defined by a device with members beyond those it shows: make the one called `name` be, return its own name.

        Run as a method is when a client asks for it; may wait. Raise what the client is to be told: Refused, NotFound.
        """
        raise NotFound(f"{self.name}.{name}: expected a member of {self.name}, got none of that name")

    @property
    def opens_members(self) -> bool:
        """Whether `open_member` is defined."""
        return type(self).open_member is not Device.open_member

    def add_attribute(self, name: str, attribute: Attribute[T]) -> Attribute[T]:
        """An attribute that this device alone has; clients see the device's fields change."""
        return dynamic.add_attribute(self, name, attribute)

    def remove_attribute(self, name: str) -> None:
        """Take away an attribute that `add_attribute` gave."""
        dynamic.remove_attribute(self, name)

    def _set_fields(self) -> None:
        """Under the value mutex once others know the device; a new mapping, for others look at the old one."""
        self._fields: dict[str, Any] = {**self.attributes, **self.methods}

    @property
    def fields(self) -> Mapping[str, Attribute[Any] | Method[Any, Any]]:
        """Attributes and methods by name, in order."""
        return self._fields

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, children included: values, set points, alarms, time stamps (ns), states."""
        return as_dict(self)

    if TYPE_CHECKING:
        _arguments: Mapping[str, Any]
        wire: Any
        label: str
        description: str
        tags: tuple[str, ...]
        log: logging.Logger
        clock: Clock
        """`clock.monotonic()` in s for durations, `clock.time_ns()` since 1970; in a simulation its time."""

    # what methods take; `configure` differs from device to device

    def _defaults(self, method: Method[Any, Any]) -> Mapping[str, Any]:
        return method.spec.defaults

    def _method_spec(self, method: Method[Any, Any]) -> MethodSpec:
        return method.spec.now(self.attributes)

    def _finals(self, event: str) -> tuple[DState, ...]:
        """The states that a do_ function may return, the default first."""
        return (DState.Idle,)

    # joining a Process

    def _backend_needed(self) -> Backend:
        return self._process_needed().backend

    def _process_needed(self) -> Process:
        if self._process is None:
            raise RuntimeError(f"{self.name}: expected a device that was added to a Process, got one on its own")
        return self._process


Device._parts = declared(Device)
