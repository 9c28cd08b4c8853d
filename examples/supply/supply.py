"""A two-channel power supply, SCPI over TCP."""

import math
from typing import Annotated

from macduff import Attribute, Device, Scpi, Tcp, VBool, VDouble, VString, Wire, creatable, publish_method
from macduff.sources import Simulation


def measure(sim: Simulation) -> None:
    """What a supply would measure, under `simulate: true`."""
    while True:
        sim.update(sim.of("voltage").value if sim.of("on").value else 0.0)
        sim.wait(0.2)


class Output(Device):  # {n} is the constructor's argument
    """One output of the supply."""

    voltage = Attribute(VDouble(units="V", control=(0, 30)), source=Scpi("VOLT? (@{n})", "VOLT {value},(@{n})"))
    measured = Attribute(VDouble(units="V"), source=Scpi("MEAS:VOLT? (@{n})", period=0.2, simulate=measure))
    on = Attribute(VBool(), source=Scpi("OUTP? (@{n})", "OUTP {value:d},(@{n})"))

    def __init__(self, name: str, n: int, wire: Wire) -> None:
        super().__init__(name, wire=wire)

    @publish_method(like={"target": "voltage"})  # its limits are those of voltage
    def ramp(self, target: float, rate: Annotated[float, VDouble(units="V/s", control=(0.01, 10))]) -> float:
        """Ramp the set point to target (V) at rate (V/s); return the measured voltage (V)."""
        while abs(left := target - self.voltage.setpoint) > 0.1 * rate:
            self.voltage.put(self.voltage.setpoint + math.copysign(0.1 * rate, left))
            self.wait(0.1)
        self.voltage.put(target)
        there = self.clock.time_ns()
        return self.measured.wait_for(lambda _: self.measured.time > there, timeout=5)  # not what was measured before


@creatable
class Supply(Device):
    """A two-channel power supply, SCPI over TCP."""

    identity = Attribute(VString(), source=Scpi("*IDN?"))

    def __init__(self, name: str, address: str, outputs: int = 2) -> None:
        super().__init__(name, wire=Tcp(address))
        self._outputs = [self.add_child(Output(f"OUT{n}", n, self.wire)) for n in range(1, outputs + 1)]

    @publish_method
    def all_off(self) -> None:
        """Switch every output off."""
        for output in self._outputs:
            output.on.put(False)
