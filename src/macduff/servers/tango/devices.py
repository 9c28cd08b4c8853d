"""The Tango devices of one server: made, changed, destroyed, and made again after Tango restarted."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any

import tango

from macduff.convert.names import tango_name
from macduff.errors import Disconnected
from macduff.protocol.model import DeviceModel

from .arming import Arming
from .changing import set_class_properties, set_events
from .classes import MacduffDevice, TangoClass
from .mirror import TangoMirror
from .places import Place
from .shape import Shape

if TYPE_CHECKING:
    from .host import Host

__all__ = ["Devices"]

LOG = logging.getLogger("macduff.servers.tango")

PATIENCE = 10.0
"""Seconds that Tango may take to restart."""
KEPT_FOR = 10.0
"""Seconds that a destroyed Tango device is kept in memory: a client's request may still be on its way out of it."""


class Devices:
    """Mirrors, their classes and their Tango devices.

    Only the server's thread changes them, except where Tango restarts by itself: there, in a thread of Tango's,
    `device_goes` and `class_ready`. Whoever uses or changes a Tango device holds the host's guard, and who holds it
    waits neither for a Tango client nor for the Process.
    """

    def __init__(self, host: Host, domain: str, place: Place) -> None:
        self.mirrors: dict[str, TangoMirror] = {}
        self.classes: dict[Shape, TangoClass] = {}
        self.util: Any = None  # Tango's own, once it runs
        self.arming = Arming(host)
        self._host = host
        self._domain = domain
        self._place = place
        self._names: set[str] = set()
        self._graves: deque[tuple[float, Any]] = deque()
        self._restart_wanted = False
        self._restarting = 0.0  # since when; 0: not
        self._ready_classes = self._awaited_classes = 0

    def add_classes(self) -> None:
        """Tell Tango of all classes, before it starts."""
        for each in self.classes.values():
            self.util.add_class(each.factory, each.device_class, each.name)

    # as the follower tells

    def show(self, model: DeviceModel) -> TangoMirror:
        mirror = TangoMirror(self._host, model, tango_name(model.name, self._domain, self._host.process.name))
        self.mirrors[mirror.tango_name] = mirror
        try:
            self._place_device(mirror)
        except BaseException:
            del self.mirrors[mirror.tango_name]
            raise
        return mirror

    def _place_device(self, mirror: TangoMirror) -> None:
        """Make the Tango device; a class that Tango does not know yet needs a restart first (rule 38)."""
        tango_class = self.class_of(mirror)
        if self.util is None:
            return
        self._place.add(mirror)
        if tango_class.made is not None:
            self._make(tango_class, mirror)
        else:
            self._restart_wanted = True

    def class_of(self, mirror: TangoMirror) -> TangoClass:
        """The Tango class of a shape; a second shape of a Python class is NAME_2."""
        shape = mirror.shape
        found = self.classes.get(shape)
        if found is None:
            name, number = shape.kind, 1
            while name.lower() in self._names or name.lower() == "dserver":
                number += 1
                name = f"{shape.kind}_{number}"
            self._names.add(name.lower())
            found = self.classes[shape] = TangoClass(self, shape, name)
            if self.util is not None:
                self.util.add_class(found.factory, found.device_class, found.name)
        return found

    def _make(self, tango_class: TangoClass, mirror: TangoMirror) -> None:
        made = tango_class.made
        mirror.tango_class = tango_class
        tango_class.device_class._device_class_instance = made  # type: ignore[attr-defined]  # PyTango's own
        for shown in mirror.attributes.values():
            self.class_properties(mirror, shown.name, shown.properties())
        device = tango_class.device_class(made, mirror.tango_name, mirror)
        for name in ("State", "Status"):
            set_events(device, name)
        made._add_device(device)
        if tango_class.grew:
            self._prune(device, mirror)
        mirror.begin(device)
        self._place.export(made, device, mirror)
        made.py_dev_list.append(device)
        self.arming.came(mirror)

    @staticmethod
    def _prune(device: Any, mirror: TangoMirror) -> None:
        """Tango gives a new device what another one of its class was given alone."""
        for attribute in list(device.get_device_attr().get_attribute_list()):
            name = attribute.get_name()
            if name not in mirror.attributes and name.lower() not in ("state", "status"):
                tango.LatestDeviceImpl._remove_attribute(device, name, False, False)

    def class_properties(self, mirror: TangoMirror, name: str, properties: dict[str, str]) -> None:
        """Have the class give this to what is made next under that name."""
        tango_class = mirror.tango_class
        if tango_class is None:
            return
        if tango_class.properties.get(name) != properties and tango_class.made is not None:
            set_class_properties(tango_class.made, name, properties)
            tango_class.properties[name] = properties

    def properties_changed(self, mirror: TangoMirror, name: str) -> None:
        self._place.forget_properties(mirror, name)

    def grew(self, mirror: TangoMirror, name: str) -> None:
        """A device of this class was given an attribute of its own, or one anew."""
        tango_class = mirror.tango_class
        if tango_class is not None:
            tango_class.grew = True
            tango_class.properties.pop(name, None)

    def arm(self, mirror: TangoMirror, subscriptions: list[tuple[str, str]]) -> None:
        self.arming.want(mirror.tango_name, subscriptions)
        self.arming.came(mirror)

    def forget(self, mirror: TangoMirror) -> None:
        """Its device is gone from the Process."""
        self._destroy(mirror)
        if self.mirrors.get(mirror.tango_name) is mirror:
            del self.mirrors[mirror.tango_name]
            if self.util is not None and not self._host.stopping:
                self._place.remove(mirror)

    def renew(self, mirror: TangoMirror) -> None:
        """Its shape changed: the Tango device goes, and comes again as one of another class."""
        self._destroy(mirror)
        self._place_device(mirror)

    def _destroy(self, mirror: TangoMirror) -> None:
        device = mirror.device
        if device is None or self._host.stopping:
            return
        self.arming.want(mirror.tango_name, mirror.subscriptions())
        device._leaving = True
        self._bury(mirror)
        try:
            tango.LatestDeviceImpl.get_device_class(device)._device_destroyer(mirror.tango_name)
        except tango.DevFailed:
            LOG.exception("%s: Tango could not let go of it", mirror.tango_name)

    def _bury(self, mirror: TangoMirror) -> None:
        device, mirror.device = mirror.device, None
        self._graves.append((self._host.now(), device))
        known: Any = tango.LatestDeviceImpl.get_device_class(device)
        if known is not None and device in known.py_dev_list:
            known.py_dev_list.remove(device)

    # restarts

    def device_goes(self, device: MacduffDevice) -> None:
        """In any thread: Tango is about to destroy a device, or somebody called Init, which changes nothing."""
        util, mirror = self.util, device._mirror
        if device._leaving or util is None:
            return
        restarting = util.is_svr_starting()
        if not (restarting or util.is_svr_shutting_down() or util.is_device_restarting(mirror.tango_name)):
            return
        with self._host.guard:
            if restarting:
                self._note_restart()
            if mirror.device is device:
                self.arming.want(mirror.tango_name, mirror.subscriptions())
                self._bury(mirror)

    def _note_restart(self) -> None:
        if not self._restarting:
            self._restarting = self._host.now()
            self._ready_classes, self._awaited_classes = 0, len(self.classes)

    def class_ready(self, tango_class: TangoClass) -> None:
        """In any thread: Tango made a class, at the start or in a restart; its devices come."""
        with self._host.guard:
            self._ready_classes += 1
            for mirror in list(self.mirrors.values()):
                if mirror.device is None and self.class_of(mirror) is tango_class:
                    try:
                        self._make(tango_class, mirror)
                    except Exception:
                        LOG.exception("%s: it cannot be shown on Tango", mirror.model.name)

    def restart_if_wanted(self) -> None:
        """A new class came: Tango begins anew with all of them; clients and subscribers find theirs again."""
        if not self._restart_wanted:
            return
        with self._host.guard:
            self._restart_wanted = False
            for mirror in self.mirrors.values():
                self.class_of(mirror)
            self._note_restart()
        LOG.info("Tango restarts its devices, for there is a new class or shape")
        self.util.get_dserver_device().restart_server()

    def restarts(self) -> bool:
        """Under the guard: whether Tango is busy with a restart, so that nothing may be touched."""
        if self.util.is_svr_starting():
            self._note_restart()
        if not self._restarting:
            return False
        if self._ready_classes < self._awaited_classes or self.util.is_svr_starting():
            if self._host.now() - self._restarting < PATIENCE:
                return True
            LOG.error("Tango did not come back from its restart within %g s", PATIENCE)
        self._restarting = 0.0
        for mirror in self.mirrors.values():
            if mirror.device is None and self.class_of(mirror).made is None:
                self._restart_wanted = True  # it came meanwhile
        return False

    @property
    def restless(self) -> bool:
        """Whether there is something to do without the guard."""
        return self._restart_wanted or self.arming.due

    def rest(self, now: float) -> None:
        """Let go of what was destroyed long enough ago."""
        while self._graves and now - self._graves[0][0] > KEPT_FOR:
            self._graves.popleft()

    def farewell(self) -> bool:
        """Those who wait and those who subscribed are told that the server ends; whether anybody subscribed."""
        told = any(mirror.subscriptions() for mirror in self.mirrors.values())
        for mirror in self.mirrors.values():
            error = Disconnected(f"{mirror.model.name}: the server ends", device=mirror.model.name)
            mirror.waiters.close(error)
            mirror.fail(error)
            mirror.end()
        return told

    def clear(self) -> None:
        """Tango is gone, and what it had with it."""
        self.util = None
        self._graves.clear()
        self.mirrors.clear()
