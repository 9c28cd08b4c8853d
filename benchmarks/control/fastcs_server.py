"""FastCS with the same device, on PVAccess or Tango; run by the Python of `make peers`."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
import time
from typing import Any

from fastcs.attributes import AttrR, AttrRW  # type: ignore[import-not-found]  # only in the peers' environment
from fastcs.control_system import FastCS  # type: ignore[import-not-found]  # only in the peers' environment
from fastcs.controllers import Controller  # type: ignore[import-not-found]  # only in the peers' environment
from fastcs.datatypes import Float  # type: ignore[import-not-found]  # only in the peers' environment
from fastcs.methods import command  # type: ignore[import-not-found]  # only in the peers' environment


class Bench(Controller):  # type: ignore[misc]  # FastCS is not installed where this is checked
    reading = AttrR(Float())
    target = AttrRW(Float())

    @command()  # type: ignore[untyped-decorator]  # the library has no types
    async def tick(self) -> None:
        pass


async def follow(bench: Bench, rates: asyncio.Queue[float]) -> None:
    """Update `reading` at the rate that came last."""
    count, rate = 0, await rates.get()
    while True:
        began, done = time.monotonic(), 0
        while rates.empty():
            due = int((time.monotonic() - began) * rate)
            while done < due:
                done += 1
                count += 1
                await bench.reading.update(float(count))
            await asyncio.sleep(1 / rate if rate else 0.05)
        rate = rates.get_nowait()


async def main(protocol: str) -> None:
    bench = Bench()
    bench.set_path(["BENCH"])
    loop = asyncio.get_running_loop()
    rates: asyncio.Queue[float] = asyncio.Queue()
    if protocol == "pva":
        from fastcs.transports.epics.pva.transport import EpicsPVATransport  # type: ignore[import-not-found]  # only in the peers' environment

        told: dict[str, Any] = {"conf": isolated()}
        transport = EpicsPVATransport()
    else:
        transport, told = tango_without_database()
    system = FastCS(bench, [transport])
    serving = asyncio.create_task(system.serve(interactive=False))
    await asyncio.sleep(1.0)

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(rates.put_nowait, float(line.split()[1]))

    threading.Thread(target=read, daemon=True).start()
    print(json.dumps(told), flush=True)
    await asyncio.gather(serving, follow(bench, rates))


def isolated() -> dict[str, str]:
    """An environment in which nobody else finds this server."""
    ports = []
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(str(probe.getsockname()[1]))
    os.environ.update(
        EPICS_PVAS_INTF_ADDR_LIST="127.0.0.1", EPICS_PVAS_SERVER_PORT=ports[0], EPICS_PVAS_BROADCAST_PORT=ports[1],
        EPICS_PVAS_AUTO_BEACON_ADDR_LIST="NO",
    )  # fmt: skip
    return {
        "EPICS_PVA_ADDR_LIST": "127.0.0.1", "EPICS_PVA_AUTO_ADDR_LIST": "NO", "EPICS_PVA_BROADCAST_PORT": ports[1],
        "EPICS_PVA_NAME_SERVERS": f"127.0.0.1:{ports[0]}",
    }  # fmt: skip


def tango_without_database() -> tuple[Any, dict[str, str]]:
    """FastCS's Tango transport; it always asks for a database, so only how its server is run is ours."""
    from fastcs.transports.tango.transport import TangoTransport  # type: ignore[import-not-found]  # only in the peers' environment
    from tango import GreenMode, server

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name = "bench/BENCH/bench"

    class WithoutDatabase(TangoTransport):  # type: ignore[misc]  # untyped, as it is only in the peers' environment
        async def serve(self) -> None:
            arguments = ["FastCS", "bench", "-nodb", "-dlist", name, "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"]
            await asyncio.to_thread(
                server.run, tuple(self._dsr._devices), arguments, green_mode=GreenMode.Asyncio
            )  # fmt: skip

    return WithoutDatabase(), {"device": f"tango://127.0.0.1:{port}/{name}#dbase=no"}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
