"""Instruments that VISA reaches, simulated by PyVISA's own simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from macduff import Attribute, Device, Process, Scpi, Severity, TimedOut, VDouble, Visa, VString
from macduff import publish_method as publish
from tests.support import eventually, free_port
from tests.system.bench import Bench

LIBRARY = f"{Path(__file__).parent / 'visa.yaml'}@sim"


class Supply(Device):
    """A supply on a bus."""

    identity = Attribute(VString(), source=Scpi("*IDN?"))
    voltage = Attribute(VDouble(units="V"), source=Scpi("VOLT?", "VOLT {value:.3f}", period=0.05))

    def __init__(self, name: str, resource: str, library: str = LIBRARY) -> None:
        super().__init__(name, wire=Visa(resource, library=library, timeout=0.2))

    @publish
    def ask(self, text: str) -> str:
        """Any query."""
        return str(self.wire.exchange(text))


@pytest.mark.parametrize("resource", ["GPIB0::8::INSTR", "TCPIP0::supply.test::inst0::INSTR"])
def test_queries_and_puts_over_visa(resource: str) -> None:
    with Process() as process:
        supply = Supply("PSU", resource)
        process.add(supply)
        eventually(lambda: supply.voltage.alarm.severity is Severity.NONE, "all queries answered")
        eventually(lambda: supply.identity.value == "macduff,visa,1", "identified")
        view = process.view("PSU")
        view.voltage = 2.25
        assert view.voltage == 2.25
        assert view.ask("VOLT?") == "2.250"
        view.voltage = 1.5


def test_an_instrument_that_says_nothing_is_invalid_with_the_reason() -> None:
    with Process() as process:
        supply = Supply("PSU", "GPIB0::9::INSTR")
        process.add(supply)
        eventually(lambda: "expected a reply to 'VOLT?'" in supply.voltage.alarm.message, "seen as silent")
        assert supply.voltage.alarm.severity is Severity.INVALID
        with pytest.raises((TimedOut, ConnectionError)):
            process.view("PSU").ask("VOLT?")


def test_a_socket_by_visas_own_python_library_and_a_port_where_nobody_listens() -> None:
    with Process() as process, Bench() as bench:
        host, _, port = bench.address.rpartition(":")
        supply = Supply("PSU", f"TCPIP0::{host}::{port}::SOCKET", "@py")
        process.add(supply)
        eventually(lambda: supply.identity.alarm.severity is Severity.NONE, "identified")
        nobody = Supply("NONE", f"TCPIP0::127.0.0.1::{free_port()}::SOCKET", "@py")
        process.add(nobody)
        eventually(lambda: nobody.voltage.alarm.message.startswith("TCPIP0"), "seen as missing")


def test_what_is_no_resource_name_is_told_where_the_wire_is_made() -> None:
    with pytest.raises(ValueError, match="expected a resource name such as GPIB0"):
        Visa("NOWHERE::INSTR")
