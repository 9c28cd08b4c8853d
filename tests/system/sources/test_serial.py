"""An instrument on a serial line, which is a pseudo-terminal with another process behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from macduff import Attribute, BadValue, Device, Process, Scpi, Serial, Severity, TimedOut, VDouble, VString
from macduff import publish_method as publish
from tests.support import eventually

ROOT = Path(__file__).parents[3]


class Meter(Device):
    """A meter on a serial line."""

    identity = Attribute(VString(), source=Scpi("*IDN?"))
    voltage = Attribute(VDouble(units="V"), source=Scpi("VOLT?", "VOLT {value}", period=0.05))

    def __init__(self, name: str, port: str) -> None:
        super().__init__(name, wire=Serial(port, baudrate=19200, terminator="\r", timeout=0.2))

    @publish
    def ask(self, text: str) -> str:
        """Any query."""
        return str(self.wire.exchange(text))


class Instrument:
    def __init__(self, link: Path) -> None:
        self.link = link
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.system.sources.pty_instrument", str(self.link)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "there\n"

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate()


@pytest.fixture
def instrument(tmp_path: Path) -> Iterator[Instrument]:
    instrument = Instrument(tmp_path / "ttyMETER")
    instrument.start()
    yield instrument
    instrument.kill()


def good(device: Device) -> bool:
    return all(device.attributes[name].alarm.severity is Severity.NONE for name in ("identity", "voltage"))


def test_queries_and_puts_over_a_serial_line(instrument: Instrument) -> None:
    with Process() as process:
        meter = Meter("METER", str(instrument.link))
        process.add(meter)
        eventually(lambda: good(meter), "all queries answered")
        assert (meter.identity.value, meter.voltage.value) == ("macduff,pty,1", 1.5)
        view = process.view("METER")
        view.voltage = 2.25
        assert view.voltage == 2.25
        assert view.ask("VOLT?") == "2.25"


def test_a_late_reply_is_never_taken_for_the_next_querys(instrument: Instrument) -> None:
    with Process() as process:
        meter = Meter("METER", str(instrument.link))
        process.add(meter)
        eventually(lambda: good(meter), "all queries answered")
        view = process.view("METER")
        with pytest.raises(TimedOut, match="LATE"):
            view.ask("LATE?")
        eventually(lambda: good(meter), "healed")
        for _ in range(5):
            assert view.ask("*IDN?") == "macduff,pty,1"
        with pytest.raises(BadValue, match="TWICE"):
            view.ask("TWICE?")
        eventually(lambda: good(meter), "healed")
        assert view.ask("VOLT?") == "1.5"


def test_a_line_that_is_unplugged_is_invalid_with_a_reason_and_heals(instrument: Instrument) -> None:
    with Process() as process:
        meter = Meter("METER", str(instrument.link))
        process.add(meter)
        eventually(lambda: good(meter), "all queries answered")
        instrument.kill()
        eventually(lambda: meter.voltage.alarm.severity is Severity.INVALID, "seen as gone")
        assert str(instrument.link) in meter.voltage.alarm.message
        assert meter.voltage.value == 1.5
        instrument.start()
        eventually(lambda: good(meter), "healed")


def test_two_programs_cannot_have_the_same_line(instrument: Instrument) -> None:
    with Process() as process:
        meter, other = Meter("METER", str(instrument.link)), Meter("OTHER", str(instrument.link))
        process.add(meter)
        eventually(lambda: good(meter), "all queries answered")
        process.add(other)
        eventually(lambda: "lock" in other.voltage.alarm.message.lower(), "refused")
        assert good(meter)


def test_wrong_options_are_told_where_the_wire_is_made() -> None:
    with pytest.raises(ValueError, match="Serial"):
        Serial("/dev/null", baudrate=-1)
    with pytest.raises(ValueError, match=r"flow.*expected one of none, xonxoff"):
        Serial("/dev/null", flow="both")  # type: ignore[arg-type]  # the wrong value that is tested
