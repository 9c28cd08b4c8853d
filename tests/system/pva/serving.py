"""A PVAccess server in a process of its own, to be killed and started again; from the side of the tests, and itself.

python -m tests.system.pva.serving PORT SEARCH_PORT NAME: prints the environment of clients as JSON, then
serves until it is killed or its input ends.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from macduff import Process
from macduff.servers.pva import PvaServer
from tests.support import free_port
from tests.system.pva.lab import Stage

__all__ = ["ServerProgram"]

ROOT = Path(__file__).parents[3]


class ServerProgram:
    """The program from the side of the tests. `environment` stays the same when it is started again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ports = free_port(), free_port(socket.SOCK_DGRAM)
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        command = [sys.executable, "-m", "tests.system.pva.serving", *map(str, self.ports), self.name]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the server ended"
        self.environment = json.loads(line)
        return self

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


if __name__ == "__main__":
    port, search_port = map(int, sys.argv[1:3])  # not EPICS's own: beacons of others would keep clients from ours
    with Process() as process:
        process.add(Stage(sys.argv[3]))
        with PvaServer(process, port=port, search_port=search_port) as server:
            print(json.dumps(server.environment), flush=True)
            sys.stdin.readline()
