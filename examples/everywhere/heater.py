"""One device for every control system: a heater, with nothing in it that knows of any of them."""

from typing import Literal

from macduff import Attribute, Device, VDouble, VEnum, idle_task, publish_method


class Heater(Device):
    """A heater on a cold finger."""

    temperature = Attribute(
        VDouble(units="K", precision=2, warning=(None, 90), alarm=(None, 100)), 20.0, "Of the sample"
    )
    target = Attribute(VDouble(units="K", precision=2, control=(4, 120)), 20.0, "Where to go", writable=True)
    mode = Attribute(VEnum(["off", "on"]), "on", "Off, it drifts to 20 K", writable=True)

    @idle_task(period=0.05)
    def follow(self) -> None:
        goal = self.target.value if self.mode.value == "on" else 20.0
        self.temperature.update(self.temperature.value + 0.5 * (goal - self.temperature.value))

    @publish_method
    def settle(self, within: float = 0.1) -> float:
        """Wait until the temperature is so near (K) to the target; return it (K)."""
        return self.temperature.wait_for(lambda now: abs(now - self.target.value) < within)

    @publish_method
    def switch(self, to: Literal["off", "on"]) -> None:
        """Switch it off or on."""
        self.mode.update(to)
