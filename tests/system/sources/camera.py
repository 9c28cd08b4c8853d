"""The camera of the documentation, and the records that it stands in front of."""

from __future__ import annotations

from macduff import PV, Attribute, DState, PausableDevice, VBool, VDouble, VInt, creatable


@creatable
class Camera(PausableDevice):
    """A camera behind areaDetector-like PVs."""

    exposure = Attribute(VDouble(units="s"), parameter=True, source=PV("{prefix}AcquireTime", rbv_suffix="_RBV"))
    frames = Attribute(VInt(), 1, parameter=True)
    period = Attribute(VDouble(units="s"), source=PV("{prefix}AcquirePeriod", rbv_suffix="_RBV"))
    to_take = Attribute(VInt(), source=PV("{prefix}NumImages", rbv_suffix="_RBV"))
    counter = Attribute(VInt(), source=PV("{prefix}ArrayCounter", rbv_suffix="_RBV"))
    acquire = Attribute(VBool(), source=PV("{prefix}Acquire"))

    def __init__(self, name: str, prefix: str) -> None:
        super().__init__(name)
        self._first = 0

    def do_configure(self) -> DState:
        self.period.put(self.exposure.value + 0.002)
        self.total_steps.update(self.frames.value)
        return DState.Ready

    def do_run(self) -> DState:
        self._first = self.completed_steps.value
        self.put(to_take=self.total_steps.value - self._first, counter=0, readback=True)
        with self.watch(self.counter) as counter:
            self.start(self.acquire.put, True)
            while self.completed_steps.value < self.total_steps.value:
                self.completed_steps.update(self._first + counter.next(timeout=self.exposure.value + 5))
                self.checkpoint()
        return DState.Ready

    def do_stop(self) -> None:
        self.acquire.put(False)
        self.acquire.wait_for(False, timeout=10)
        self.completed_steps.update(max(self.completed_steps.value, self._first + self.counter.value))
