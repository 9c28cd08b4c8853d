"""A linear stage: what it is stands in attributes, what it does in published methods."""

import math

from macduff import Attribute, Device, VDouble, creatable, publish_method


@creatable  # a server may create one on request; without this only local code may
class Stage(Device):
    """A linear stage."""

    position = Attribute(VDouble(units="mm", precision=4, display=(-10, 10)), 0.0, "Where it is")
    velocity = Attribute(VDouble(units="mm/s", control=(0.01, 5)), 1.0, "How fast it goes", writable=True)

    @publish_method(busy="replace")  # a second move takes over; the first ends with Superseded
    def move(self, target: float) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        while abs(left := target - self.position.value) > 1e-9:
            step = min(abs(left), 0.02 * self.velocity.value)
            self.position.update(self.position.value + math.copysign(step, left))
            self.wait(0.02)  # lets others in, ends early on abort; plain Python, no async
        return self.position.value
