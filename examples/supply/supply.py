"""A two-channel power supply, SCPI over TCP."""

import math
from typing import Annotated

from macduff import Attribute, Device, Scpi, Tcp, VBool, VDouble, VString, Wire, creatable, publish_method


class Output(Device):  # {n} is the constructor's argument
    """One output of the supply."""

    voltage = Attribute(VDouble(units="V", control=(0, 30)), source=Scpi("VOLT? (@{n})", "VOLT {value},(@{n})"))
    measured = Attribute(VDouble(units="V"), source=Scpi("MEAS:VOLT? (@{n})", period=0.2))
    on = Attribute(VBool(), source=Scpi("OUTP? (@{n})", "OUTP {value:d},(@{n})"))

    def __init__(self, name: str, n: int, wire: Wire) -> None:
        super().__init__(name, wire=wire)

    @publish_method
    def ramp(self, target: float, rate: Annotated[float, VDouble(units="V/s", control=(0.01, 10))]) -> float:
        """Ramp the set point to target (V) at rate (V/s); return the measured voltage (V)."""
        while abs(left := target - self.voltage.setpoint) > 0.1 * rate:
            self.voltage.put(self.voltage.setpoint + math.copysign(0.1 * rate, left))
            self.wait(0.1)
        self.voltage.put(target)
        return self.measured.value


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
