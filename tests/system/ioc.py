"""A real IOC for tests, of EPICS's own C code, and an environment in which Channel Access finds it and nothing else.

with channel_access() as ports, Ioc(DATABASE, ports[0], "P=T:") as ioc: ...
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from macduff.sources.ca import library
from macduff.sources.ca.thread import CaThread
from tests.support import free_port

__all__ = ["Ioc", "channel_access", "client_environment"]


class Ioc:
    """One IOC in a process of its own, on 127.0.0.1 only. database: text of records, or the path of a file."""

    def __init__(self, database: str | Path, port: int, macros: str = "", pva_port: int | None = None) -> None:
        self.port = port
        self.macros = macros
        self.pva_port = free_port() if pva_port is None else pva_port
        self.pva_search_port = free_port(socket.SOCK_DGRAM)
        self._folder = tempfile.TemporaryDirectory(prefix="macduff-ioc-")
        self.file = Path(database) if isinstance(database, Path) else Path(self._folder.name) / "records.db"
        if not isinstance(database, Path):
            self.file.write_text(database)
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Begin, and wait until it serves."""
        nowhere = str(free_port(socket.SOCK_DGRAM))
        environment = {
            **os.environ,
            "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1",
            "EPICS_CAS_SERVER_PORT": str(self.port),
            "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
            "EPICS_CAS_BEACON_ADDR_LIST": "127.0.0.1",
            "EPICS_CAS_BEACON_PORT": os.environ.get("EPICS_CA_REPEATER_PORT", nowhere),
            "EPICS_PVAS_INTF_ADDR_LIST": "127.0.0.1",
            "EPICS_PVAS_SERVER_PORT": str(self.pva_port),
            "EPICS_PVAS_BROADCAST_PORT": str(self.pva_search_port),
            "EPICS_PVAS_AUTO_BEACON_ADDR_LIST": "NO",
            "EPICS_PVAS_BEACON_ADDR_LIST": "127.0.0.1",
            "EPICS_PVA_BROADCAST_PORT": nowhere,
            "EPICS_PVA_AUTO_ADDR_LIST": "NO",
            "EPICS_PVA_ADDR_LIST": "127.0.0.1",
        }
        macros = ["-m", self.macros] if self.macros else []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pvxslibs.ioc", *macros, "-d", str(self.file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "IOC Running" in line:
                return self
        self.kill()
        self._folder.cleanup()
        raise AssertionError(f"the IOC ended: {''.join(said)}")

    def stop(self) -> None:
        """As by hand: exit()."""
        if self.process is not None:
            self.process.communicate("exit()\n", timeout=20)
            self.process = None

    def kill(self) -> None:
        """As by a power cut."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate(timeout=20)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()


def client_environment(*ports: int, repeater: int) -> dict[str, str]:
    """What makes libca look at these ports of 127.0.0.1 and nowhere else."""
    return {
        "EPICS_CA_ADDR_LIST": " ".join(f"127.0.0.1:{port}" for port in ports),
        "EPICS_CA_AUTO_ADDR_LIST": "NO",
        "EPICS_CA_NAME_SERVERS": "",
        "EPICS_CA_REPEATER_PORT": str(repeater),
        "EPICS_CA_CONN_TMO": "5",
        "EPICS_CA_MAX_SEARCH_PERIOD": "60",
    }


@contextmanager
def channel_access(servers: int = 1) -> Iterator[tuple[int, ...]]:
    """So many free ports for IOCs, and an environment in which this process finds them and no others.

    libca reads its environment when it begins; macduff ends it with the last PV, so each use may have its own. A
    socket stands in for the repeater, which libca would otherwise try to start, leaving a child process behind.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as repeater:
        repeater.bind(("127.0.0.1", 0))
        ports = tuple(free_port() for _ in range(servers))
        ours = client_environment(*ports, repeater=repeater.getsockname()[1])
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        library.release(None)  # what an earlier test may have left running
        try:
            yield ports
        finally:
            if CaThread._last is not None:
                CaThread._last.join(10.0)
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
