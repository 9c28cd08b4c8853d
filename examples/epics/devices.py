"""A motor and a camera that stand in front of EPICS PVs."""

import math

from macduff import (
    PV,
    Attribute,
    Device,
    DState,
    PausableDevice,
    PVAttribute,
    VAction,
    VBool,
    VDouble,
    VInt,
    creatable,
    publish_method,
)
from macduff.sources import Simulation

# What `simulate: true` puts in the place of the IOC. A behaviour runs beside the device, for one attribute, and may
# move the others.


def travel(sim: Simulation) -> None:
    """A motor that goes where it was put, at its velocity."""
    here = sim.value
    while True:
        target = sim.next_put()
        while target != here:
            sim.of("moving").update(True)
            step = 0.02 * sim.of("velocity").value
            here = target if abs(target - here) <= step else here + math.copysign(step, target - here)
            sim.update(here)
            later = sim.next_put(timeout=0.02)
            target = target if later is None else later
        sim.of("moving").update(False)


def count_frames(sim: Simulation) -> None:
    """A camera that counts while it acquires."""
    counter = sim.of("counter")
    while True:
        if sim.next_put() is not True:
            continue
        sim.update(True)
        while counter.value < sim.of("to_take").value:
            if sim.next_put(timeout=sim.of("period").value) is False:
                break
            counter.update(counter.value + 1)
        sim.update(False)


@creatable
class Motor(Device):
    """A motor behind PVs: PV, PV_RBV, PV_VELO, PV_MOVN, PV_STOP."""

    position = PVAttribute(
        VDouble(units="mm"),
        "{pv}",
        "Where it is, and where it shall be",
        rbv_suffix="_RBV",
        simulate=travel,
    )
    velocity = PVAttribute(VDouble(units="mm/s"), "{pv}_VELO", "How fast it goes", simulate=5.0)
    moving = PVAttribute(VBool(), "{pv}_MOVN", "Whether it moves", read_only=True)
    halt = PVAttribute(VAction(), "{pv}_STOP.PROC", "Stop where it is")

    def __init__(self, name: str, pv: str) -> None:
        super().__init__(name)

    @publish_method(busy="replace")
    def move(self, target: float) -> float:
        """Go to target (mm) and return where it ended (mm); a second move takes over."""
        self.position.put(target)  # done when the record is
        return self.position.wait_for(lambda value: abs(value - target) < 0.001, timeout=60)

    def do_stop(self) -> None:
        """Stop; also what abort does."""
        self.halt.put(None)


@creatable
class Camera(PausableDevice):
    """A camera behind areaDetector-like PVs."""

    exposure = Attribute(VDouble(units="s"), parameter=True, source=PV("{prefix}AcquireTime", rbv_suffix="_RBV"))
    frames = Attribute(VInt(), 1, parameter=True)
    period = Attribute(VDouble(units="s"), source=PV("{prefix}AcquirePeriod", rbv_suffix="_RBV", simulate=0.1))
    to_take = Attribute(VInt(), source=PV("{prefix}NumImages", rbv_suffix="_RBV", simulate=1))
    counter = Attribute(VInt(), source=PV("{prefix}ArrayCounter", rbv_suffix="_RBV"))
    acquire = Attribute(VBool(), source=PV("{prefix}Acquire", simulate=count_frames))

    def __init__(self, name: str, prefix: str) -> None:
        super().__init__(name)
        self._first = 0

    def do_configure(self) -> DState:
        """Parameters with a source are already put, all together."""
        self.period.put(self.exposure.value + 0.002)
        self.total_steps.update(self.frames.value)
        return DState.Ready

    def do_run(self) -> DState:
        """Take frames until all are there; run and resume both come here."""
        self._first = self.completed_steps.value
        self.put(to_take=self.total_steps.value - self._first, counter=0, readback=True)  # the readbacks say so
        with self.watch(self.counter) as counter:  # marked before the start: nothing is missed
            self.start(self.acquire.put, True)  # a failing put is raised in the next wait
            while self.completed_steps.value < self.total_steps.value:
                self.completed_steps.update(self._first + counter.next(timeout=self.exposure.value + 5))
                self.checkpoint()  # pause is taken here and only here; abort in every wait
        return DState.Ready

    def do_stop(self) -> None:
        """Before Paused and before Aborted; the last frame may have come in."""
        self.acquire.put(False)
        self.acquire.wait_for(False, timeout=10)
        self.completed_steps.update(max(self.completed_steps.value, self._first + self.counter.value))
