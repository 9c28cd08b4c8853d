"""Wires used by author's code alone, and what is told and logged of an instrument that is away or hangs."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

from macduff import Aborted, Attribute, Device, Disconnected, DState, Process, Tcp, TimedOut, VString, publish_method
from macduff.errors import Unreachable
from macduff.servers.web import WebServer
from macduff.values import Severity
from tests.support import eventually, random_name
from tests.system.bench import Bench
from tests.system.sources.conftest import on_all_backends
from tests.system.sources.supply import Supply


class Coded(Device):
    """Speaks to its instrument in code, with no attribute from a source; its part uses the same wire."""

    wire: Tcp
    answer = Attribute(VString(), "")

    def __init__(self, name: str, wire: Tcp, part: bool = True) -> None:
        super().__init__(name, wire=wire)
        if part:
            self.add_child(Coded("PART", wire, part=False))

    @publish_method
    def ask(self, text: str) -> str:
        """Exclusive."""
        reply = self.wire.exchange(text, timeout=10.0)
        self.answer.update(reply)
        return reply

    @publish_method(busy="allow")
    def meanwhile(self, text: str) -> str:
        """Needs no instrument."""
        return text.upper()


@on_all_backends
@pytest.mark.parametrize("part", ["", ":PART"])
def test_exchange_in_code_releases_the_lock(process: Process, bench: Bench, part: str) -> None:
    """Rule 8, for a device none of whose attributes comes from the wire: others run and abort while it waits."""
    name = random_name("CODED")
    process.add(Coded(name, Tcp(bench.address)))
    name += part
    view = process.view(name)
    assert view.ask("*IDN?") == "ACME,Supply,42,1.0"
    bench.faults(only="LABEL", drop=1.0)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            view.ask("LABEL?")
        except BaseException as error:
            errors.append(error)

    asking = threading.Thread(target=ask, name="ask")
    asking.start()
    eventually(lambda: "LABEL?" in bench.log(), "the query")
    assert view.meanwhile("free") == "FREE"
    assert asking.is_alive() and view.state is DState.Running
    view.abort()
    asking.join(5.0)
    assert [type(error) for error in errors] == [Aborted] and view.answer == "ACME,Supply,42,1.0"


def test_what_is_put_to_an_instrument_that_is_away_names_the_attribute(process: Process, bench: Bench) -> None:
    """The error says which attribute and which wire, and is of a kind of its own: it is not the server that is away."""
    psu = Supply(random_name("PSU"), bench.address)
    process.add(psu)
    voltage = process.devices[f"{psu.name}:OUT1"].attributes["voltage"]
    eventually(lambda: voltage.alarm.severity is Severity.NONE, "a value")
    bench.order(listen=False)
    eventually(lambda: "refused" in voltage.alarm.message, "INVALID")
    with pytest.raises(Disconnected) as caught:
        process.view(f"{psu.name}:OUT1").voltage = 1.0
    error = caught.value
    assert isinstance(error, Unreachable) and (error.device, error.member) == (f"{psu.name}:OUT1", "voltage")
    where = f"{psu.name}:OUT1.voltage: {bench.address}: expected a connection, got none: Connection refused"
    assert error.message == where
    with WebServer(process, port=0) as server:
        command = [sys.executable, "-m", "macduff", "put", f"{psu.name}:OUT1.voltage", "1.0", "-a", server.address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and where in done.stderr
        request = urllib.request.Request(f"{server.address}/api/{psu.name}:OUT1/voltage", b"1.0", method="PUT")
        with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(request, timeout=10):
            pass
        with refused.value as answer:
            assert (answer.code, json.load(answer)["kind"]) == (500, "Unreachable")
    gone = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert gone.returncode == 3


def lines(caplog: pytest.LogCaptureFixture, address: str) -> list[tuple[int, str]]:
    """What was logged of a wire at INFO and above."""
    records = [(record.levelno, record.getMessage()) for record in list(caplog.records)]
    return [(level, text) for level, text in records if text.startswith(address) and level >= logging.INFO]


def test_each_transition_is_logged_once(process: Process, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """An instrument that hangs is reconnected again and again: one line says so, one that it answers again."""
    caplog.set_level(logging.DEBUG, "macduff.sources")
    psu = Supply(random_name("PSU"), bench.address, timeout=0.05)
    process.add(psu)
    eventually(lambda: psu.identity.value != "", "an identity")
    connected = (logging.INFO, f"{bench.address}: connected")
    assert lines(caplog, bench.address) == [connected]
    bench.faults(drop=1.0)
    before = bench.order()["connections"]
    eventually(lambda: bench.order()["connections"] >= before + 3, "connections again and again", 20.0)
    found = lines(caplog, bench.address)
    assert found[0] == connected and len(found) == 2 and found[1][0] == logging.WARNING
    assert "lost: expected a reply to" in found[1][1]
    bench.faults()
    eventually(lambda: lines(caplog, bench.address)[2:] == [connected], "the line that it answers", 20.0)


def test_a_message_names_its_query_once(process: Process, bench: Bench) -> None:
    psu = Supply(random_name("PSU"), bench.address, timeout=0.05)
    process.add(psu)
    measured = process.devices[f"{psu.name}:OUT1"].attributes["measured"]
    eventually(lambda: measured.alarm.severity is Severity.NONE, "a value")
    bench.faults(only="MEAS", drop=1.0)
    eventually(lambda: "expected a reply" in measured.alarm.message, "INVALID")
    assert measured.alarm.message == (f"{bench.address}: expected a reply to 'MEAS:VOLT? (@1)' within 0.05 s, got none")
    bench.faults(only="LABEL", drop=1.0)
    with pytest.raises(TimedOut) as caught:
        process.view(psu.name).ask("LABEL?")
    assert caught.value.message.count("LABEL?") == 1
