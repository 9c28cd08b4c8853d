"""The power supply of the documentation: the first acceptance test of wires."""

from __future__ import annotations

import math
from typing import Annotated

from macduff import Attribute, Device, Scpi, Tcp, VArray, VBool, VDouble, VEnum, VInt, VString, Wire, creatable
from macduff import publish_method as publish


class Output(Device):
    """One output of a supply."""

    voltage = Attribute(VDouble(units="V", control=(0, 30)), source=Scpi("VOLT? (@{n})", "VOLT {value},(@{n})"))
    measured = Attribute(VDouble(units="V"), source=Scpi("MEAS:VOLT? (@{n})", period=0.02))
    on = Attribute(VBool(), source=Scpi("OUTP? (@{n})", "OUTP {value:d},(@{n})"))
    mode = Attribute(VEnum(["CV", "CC"]), source=Scpi("MODE? (@{n})", "MODE {value},(@{n})"))

    def __init__(self, name: str, n: int, wire: Wire) -> None:
        super().__init__(name, wire=wire)

    @publish
    def ramp(self, target: float, rate: Annotated[float, VDouble(units="V/s", control=(0.01, 1000))]) -> float:
        """Ramp the set point to target (V) at rate (V/s); return the measured voltage (V)."""
        while abs(left := target - self.voltage.setpoint) > 0.1 * rate:
            self.voltage.put(self.voltage.setpoint + math.copysign(0.1 * rate, left))
            self.wait(0.01)
        self.voltage.put(target)
        return self.measured.value


@creatable
class Supply(Device):
    """A power supply, SCPI over TCP."""

    identity = Attribute(VString(), source=Scpi("*IDN?"))
    name_plate = Attribute(VString(), source=Scpi("LABEL?", "LABEL {value:q}"))
    wave = Attribute(VArray("float64"), source=Scpi("WAVE?"))
    acked = Attribute(VInt(), source=Scpi(None, "ACK {value}", ack="OK"))
    unacked = Attribute(VInt(), source=Scpi(None, "ACK {value}", ack="DONE"))

    def __init__(self, name: str, address: str, outputs: int = 2, timeout: float = 0.5, settle: float = 0.0) -> None:
        super().__init__(name, wire=Tcp(address, timeout=timeout, settle=settle))
        self._outputs = [self.add_child(Output(f"OUT{n}", n, self.wire)) for n in range(1, outputs + 1)]

    @publish
    def all_off(self) -> None:
        """Switch all outputs off."""
        for output in self._outputs:
            output.on.put(False)

    @publish
    def ask(self, text: str) -> str:
        """Any query."""
        return str(self.wire.exchange(text))

    @publish(busy="allow")
    def ask_meanwhile(self, text: str) -> str:
        """Any query, others let in."""
        return str(self.wire.exchange(text, timeout=2.0))

    @publish(busy="allow")
    def where(self) -> str:
        """Something that needs no instrument."""
        return self.identity.value

    @publish
    def tell(self, text: str) -> None:
        """Any command."""
        self.wire.send(text)


class Mixed(Device):
    """Twenty queries whose answers say to whom they belong."""

    def __init__(self, name: str, address: str, period: float, timeout: float) -> None:
        super().__init__(name, wire=Tcp(address, timeout=timeout))
        for n in range(1, 21):
            self.add_attribute(f"mark{n}", Attribute(VInt(), source=Scpi(f"MARK? (@{n})", period=period)))
