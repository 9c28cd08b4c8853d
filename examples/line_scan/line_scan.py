"""Step a motor, take a frame at each point."""

from macduff import Attribute, Child, DState, PausableDevice, VDouble, VInt, creatable
from macduff.devices import Detector, Motor


@creatable
class LineScan(PausableDevice):  # the base class stops, resets and closes the children
    """Step a motor, take a frame at each point."""

    motor, detector = Child(Motor), Child(Detector)
    begin = Attribute(VDouble(units="mm"), 0.0, parameter=True)
    end = Attribute(VDouble(units="mm"), 1.0, parameter=True)
    points = Attribute(VInt(control=(2, 100_000)), 11, parameter=True)
    exposure = Attribute(VDouble(units="s"), 0.1, parameter=True)

    def do_configure(self) -> DState:
        self.wait_all(
            self.start(self.motor.move, self.begin.value),
            self.start(self.detector.configure, exposure=self.exposure.value, frames=1),
        )
        self.total_steps.update(self.points.value)
        return DState.Ready

    def do_run(self) -> DState:
        step = (self.end.value - self.begin.value) / (self.points.value - 1)
        while self.completed_steps.value < self.total_steps.value:
            self.checkpoint()  # a pause is taken here and only here
            self.motor.move(self.begin.value + step * self.completed_steps.value)
            self.detector.run()
            self.completed_steps.update(self.completed_steps.value + 1)
        return DState.Ready
