"""A module of devices that together show everything a page can show: for tests that look at all of it."""

from __future__ import annotations

__all__ = ["CONFIGURATION", "DEVICES"]

CONFIGURATION = """
- {class: lab.Kinds, name: KINDS}
- {class: lab.Stage, name: STAGE}
- {class: lab.Camera, name: CAM}
- {class: lab.Alarms, name: ALARMS}
- {class: macduff.devices.Detector, name: DET, width: 64, height: 48}
"""

DEVICES = '''
import numpy as np

from macduff import (
    Alarm, AlarmStatus, Attribute, Device, Severity, VArray, VBool, VDouble, VEnum, VInt, VString, VTable,
    publish_method,
)


class Kinds(Device):
    """One attribute of each kind."""

    number = Attribute(VDouble(units="mm", precision=3, control=(-10, 10)), 1.5, "A number", writable=True)
    fine = Attribute(VDouble(), 1234567890.12345, "A number with many digits", writable=True)
    whole = Attribute(VInt(), 3, "A whole number", writable=True)
    switch = Attribute(VBool(), True, "On or off", writable=True, tags=["group:Switches"])
    flag = Attribute(VBool(), False, "Lit or not", tags=["group:Switches"])
    mode = Attribute(VEnum(["fast", "slow"]), "fast", "How", writable=True, tags=["group:Switches"])
    slow = Attribute(VDouble(), 0.0, "A number that is being put until somebody aborts", writable=True)
    text = Attribute(VString(), "hello", "Some words", writable=True)
    names = Attribute(VArray(VString()), ["a", "b"], "Some names", writable=True)
    offsets = Attribute(VArray(np.float64), [1.0, 2.0], "A few numbers", writable=True)
    waveform = Attribute(VArray(np.float64), description="Many numbers")
    fixed = Attribute(VTable({"name": str, "value": VDouble(precision=1)}), description="A table to read")
    points = Attribute(
        VTable({"x": VDouble(units="mm", precision=2, control=(-10, 10)), "on": bool, "name": str}),
        {"x": [1.0, 2.0], "on": [True, False], "name": ["first", "second"]},
        "A table to edit",
        writable=True,
    )

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.waveform.update(np.sin(np.linspace(0, 12, 400)))
        self.fixed.update({"name": ["a", "b"], "value": [1.0, 2.0]})

    @slow.on_put
    def _put_slowly(self, value: float) -> None:
        self.wait(3600)

    @publish_method
    def touch(self) -> None:
        """Change the points and the number, as somebody else would."""
        self.points.update({"x": [7.0], "on": [True], "name": ["new"]})
        self.whole.update(self.whole.value + 1)


class Stage(Device):
    """A stage that can be told to be elsewhere."""

    velocity = Attribute(VDouble(units="mm/s", precision=3, control=(0.5, 20)), 2.0, "How fast it goes", writable=True)
    position = Attribute(VDouble(units="mm", precision=3, warning=(-5, 5), alarm=(-8, 8)), 1.25, "Where it is")

    @publish_method(like={"target": "position"})
    def jump(self, target: float, times: int = 1) -> float:
        """Be elsewhere at once."""
        self.position.update(target)
        return target * times

    @publish_method
    def copy(self, name: str) -> None:
        """Make another stage, as an operator might."""
        self._process.add(Stage(name))

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("the belt is torn")

    @publish_method
    def hold(self) -> None:
        """Wait until it is aborted."""
        self.wait(3600)


class Camera(Device):
    """A camera that sees a ramp."""

    image = Attribute(VArray(np.uint8, 2), description="The last frame", tags=["widget:image"])
    number = Attribute(VInt(), 0, "Which it is")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.image.update(np.arange(12, dtype=np.uint8).reshape(3, 4))

    @publish_method
    def frame(self, base: int = 0) -> None:
        """Take a frame whose first pixel is `base`."""
        self.update(image=np.arange(base, base + 12).astype(np.uint8).reshape(3, 4), number=base)

    @publish_method
    def film(self, frames: int) -> None:
        """Take many frames quickly."""
        for number in range(1, frames + 1):
            picture = np.full((400, 400), number % 200, np.uint8)
            picture[0, 0] = 255
            self.update(image=picture, number=number)
            self.wait(0.002)


class Alarms(Device):
    """Something is wrong with each of its values."""

    minor = Attribute(VDouble(units="degC", precision=1, warning=(5, 60), alarm=(0, 80)), 63.5, "Too warm")
    major = Attribute(VDouble(units="mbar", precision=2, alarm=(None, 1.5)), 1.82, "Too much")
    lost = Attribute(VDouble(units="mm", precision=3), 1.0, "Not known any longer")
    target = Attribute(VDouble(units="degC", precision=1, warning=(5, 60), control=(5, 80)), 65.0, "Put", writable=True)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.lost.update(1.0, alarm=Alarm(Severity.INVALID, AlarmStatus.DRIVER, "the encoder does not answer"))


class Fan(Device):
    """All is well until it is said to stand still, or does."""

    speed = Attribute(VDouble(units="1/min", precision=0, alarm=(100, None)), 900.0, "Turns", writable=True)

    @publish_method
    def complain(self, severity: int) -> None:
        """Say that the device is unwell, or well again."""
        what = "the fan stands still" if severity else "OK"
        self.health.update(what, alarm=Alarm(Severity(severity), AlarmStatus.DEVICE, what) if severity else Alarm())


class Rack(Device):
    """Sixty channels in three banks."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        for number in range(60):
            tags = [f"group:{('Red', 'Green', 'Blue')[number // 20]}"]
            self.add_attribute(f"channel_{number:02d}", Attribute(VDouble(units="V"), 0.0, "A channel", tags=tags))
'''
