"""The commands of the page for newcomers work as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from macduff import Process
from macduff.devices import Motor, Thermometer
from macduff.servers.ca import CaServer
from tests.system.ca_server.lab import Client

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "epics-channel-access-server.md"
LONG = 999
pytestmark = pytest.mark.allow_threads("*calls*")


def commands() -> list[list[str]]:
    """Each caget, camonitor and caput of the page, as words without its options."""
    found = re.findall(r"(?:\$ |`)(ca(?:get|put|monitor) [^`\n]+)", PAGE.read_text())
    return [shlex.split(re.sub(r"-w \S+ |-\w ", lambda at: at[0] if at[0] == "-S " else "", line)) for line in found]


def test_every_command_of_the_page_is_answered() -> None:
    with Process() as process, CaServer(process, port=0) as server:
        process.add(Motor("X"))
        process.add(Thermometer("THERMO"))
        with Client(server.environment) as client:
            asked = 0
            for tool, *names in commands():
                options = {"datatype": LONG} if names[0] == "-S" else {}
                if tool == "caput":
                    pv, value = names
                    assert client.put(pv, value) is None, names
                else:
                    for pv in names:
                        if pv != "-S":
                            client.get(pv, **options)
                asked += 1
            assert asked >= 10
