"""How signals of a Tango device are named, connected and used: python tango_signals.py DEVICE"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any

from macduff.bluesky import (
    ConnectSimilarlyNamed,
    ConnectWithoutReading,
    TangoAttrR,
    TangoAttrRW,
    TangoComm,
    TangoCommand,
    TangoPipeR,
    tango_connector,
)

DEVICE = "lab/motor/1"


class Hinted(TangoComm):
    """Found by name: nothing else is written."""

    position: TangoAttrRW[float]
    VELOCITY: TangoAttrRW
    Low_Limit: TangoAttrR[float]
    stop: TangoCommand
    dou_ble: TangoCommand


class Named(TangoComm):
    """Found by what the connector says, and nothing is read."""

    where: TangoAttrRW[float]
    low_limit: TangoAttrR[float]
    halt: TangoCommand


@tango_connector
def connect_named(comm: Named, proxy: Any) -> None:
    ConnectWithoutReading(comm, proxy)(where="Position", low_limit="Low_Limit", halt="Stop")


class Mixed(TangoComm):
    """One by hand, the others by name."""

    where: TangoAttrRW[float]
    velocity: TangoAttrRW[float]


@tango_connector
async def connect_mixed(comm: Mixed, proxy: Any) -> None:
    await comm.where.connect(comm.dev_name, "Position", proxy)
    await ConnectSimilarlyNamed(comm, proxy)


class Wrong(TangoComm):
    speed: TangoAttrRW[float]
    veloccity: TangoAttrRW[float]
    Stop: TangoAttrR[float]
    Velocity: TangoAttrRW[str]
    low_limit: TangoAttrR[float]


def said(error: Exception, device: str) -> str:
    """The lines of the error, with the device's short name."""
    lines = str(error).replace(device, DEVICE).strip().splitlines()
    return "\n".join(f"  {line.strip()}" for line in lines)


async def refused(what: str, work: Awaitable[Any], device: str) -> None:
    """Print the error."""
    try:
        await work
    except Exception as error:
        print(f"{what}:\n{said(error, device)}")


async def connecting(device: str) -> None:
    reads: Any = TangoAttrR[int]()
    await reads.connect(device, "Reads")
    for cls in (Hinted, Named, Mixed):
        before = await reads.get_value()
        comm = cls(device)
        await comm.connect()
        found = ", ".join(f"{hint} = {signal.signal_name}" for hint, signal in comm.signals.items())
        print(f"{cls.__name__}: {found}; Position was read {await reads.get_value() - before} time(s)")


async def using(device: str) -> Hinted:
    comm = Hinted(device)
    await refused("not connected", comm.position.get_value(), device)
    await comm.connect()
    await comm.VELOCITY.put(5)
    print("get_value:", await comm.VELOCITY.get_value())
    reading: dict[str, Any] = dict(await comm.VELOCITY.get_reading())
    print("get_reading:", {**reading, "timestamp": "..."})
    print("get_quality:", await comm.VELOCITY.get_quality())
    described = await comm.position.get_descriptor()
    print("get_descriptor:", *(f"  {key}: {value}" for key, value in described.items()), sep="\n")
    print("execute(0):", await comm.dou_ble.execute(0))
    await refused("execute()", comm.dou_ble.execute(), device)
    await refused("put(11)", comm.position.put(11), device)
    return comm


async def first(device: str) -> Hinted:
    await connecting(device)
    print()
    await refused("Wrong", Wrong(device).connect(), device)
    print()
    return await using(device)


async def second(device: str, comm: Hinted) -> None:
    print("get_value in another loop:", await comm.VELOCITY.get_value())
    print()
    pipe: Any = TangoPipeR()
    await refused("a pipe", pipe.connect(device, "Settings"), device)


def main(device: str) -> None:
    comm = asyncio.run(first(device))
    asyncio.run(second(device, comm))


if __name__ == "__main__":
    main(sys.argv[1])
