"""Clients as people have them: a process of its own that knows the server by its environment alone.

p4p's client is that of pvxs, EPICS's C++ library: its Python module is linked to libpvxs. None of the packages has
pvxget and the like, which are that library too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

from macduff import Process
from macduff.servers.pva import PvaServer

SCRIPT = """
import json, queue
import p4p
from p4p.client.thread import Context
from p4p.nt import NTURI

with Context("pva") as epics:
    heard = queue.Queue()
    subscription = epics.monitor("STAGE:position_RBV", heard.put)
    first = heard.get(timeout=5)
    epics.put("STAGE:position", 2.5)
    add = NTURI([("a", "s"), ("b", "d")]).wrap("STAGE:add", kws={"a": "1.5", "b": 2})
    print(json.dumps({
        "got": epics.get("STAGE:other"),
        "heard": [first, heard.get(timeout=5)],
        "called": epics.rpc("STAGE:add", add),
        "devices": epics.get("macduff:PVI").value.STAGE.d,
        "members": epics.get("STAGE:PVI").value.position.todict(),
    }))
    subscription.close()
"""


def run(server: PvaServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EPICS_")}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment | server.environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_get_put_monitor_call_and_list_from_another_process(server: PvaServer, process: Process) -> None:
    done = run(server, "-c", SCRIPT)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "got": 1.0,
        "heard": [0.0, 2.5],
        "called": 3.5,
        "devices": "STAGE:PVI",
        "members": {"r": "STAGE:position_RBV", "w": "STAGE:position"},
    }
    assert process.view("STAGE").position == 2.5


def test_command_lines(server: PvaServer) -> None:
    got = run(server, "-m", "p4p.client.cli", "get", "STAGE:position", "STAGE:other")
    assert got.returncode == 0 and re.search(r"STAGE:other .*1\.0", got.stdout), got.stdout
    refused = run(server, "-m", "p4p.client.cli", "rpc", "STAGE:add", "a=much")
    assert refused.returncode == 1 and "BadValue: STAGE.add(a): expected" in refused.stdout, refused.stdout
