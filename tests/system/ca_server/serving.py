"""A server of Channel Access in a process of its own, to be killed: python serving.py PORT; ends with its input."""

from __future__ import annotations

import json
import sys

sys.path.insert(0, ".")

from macduff import Process
from macduff.servers.ca import CaServer
from tests.system.ca_server.lab import Everything

if __name__ == "__main__":
    with Process() as process:
        process.add(Everything("E"))
        with CaServer(process, port=int(sys.argv[1])) as server:
            print(json.dumps(server.environment), flush=True)
            sys.stdin.readline()
