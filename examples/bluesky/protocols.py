"""Which of Bluesky's protocols our devices have, and what plans ask of them.

python protocols.py ws://127.0.0.1:8008 tango://127.0.0.1:45678/lab/motor/1#dbase=no
"""

from __future__ import annotations

import sys
from typing import Any, cast

import bluesky.plans as bp
from bluesky import RunEngine, protocols
from bluesky.run_engine import call_in_bluesky_event_loop

from macduff.bluesky import (
    CommsConnector,
    MacduffDevice,
    TangoAttrR,
    TangoAttrRW,
    TangoComm,
    TangoDevice,
    TangoSingleAttributeDevice,
    TangoSingleCommandDevice,
    tango_motor,
)

PROTOCOLS = {
    name: cls
    for name, cls in vars(protocols).items()
    if getattr(cls, "_is_runtime_protocol", False) and name != "Status"
}
NAMES = ("X", "DET", "THERMO")


class AxisComm(TangoComm):
    position: TangoAttrR[float]
    velocity: TangoAttrRW[float]


def table(devices: dict[str, Any]) -> None:
    print(f"| | {' | '.join(devices)} |\n|{'---|' * (len(devices) + 1)}")
    for name, protocol in PROTOCOLS.items():
        cells = ["yes" if isinstance(device, protocol) else "" for device in devices.values()]
        print(f"| {name} | {' | '.join(cells)} |")


def asked(RE: Any, title: str, plan: Any) -> None:
    """Print the messages of a plan."""
    said: list[str] = []
    RE.msg_hook = lambda msg: said.append(f"{msg.command} {msg.obj.name}" if msg.obj else msg.command)
    RE(plan)
    RE.msg_hook = None
    print(f"\n{title}")
    for first in range(0, len(said), 7):
        print(f"  {', '.join(said[first : first + 7])}")


def main(laboratory: str, motor: str) -> None:
    RE = RunEngine({})
    devices: dict[str, Any] = {name: MacduffDevice(f"{laboratory}/{name}", name.lower()) for name in NAMES}
    for device in devices.values():
        call_in_bluesky_event_loop(device.connect())
    with CommsConnector():
        devices |= {
            "TangoDevice": TangoDevice(AxisComm(motor), "axis", configuration=["velocity"]),
            "TangoMotor": tango_motor(motor, "motor"),
            "one attribute": TangoSingleAttributeDevice(motor, "Velocity"),
            "one read-only": TangoSingleAttributeDevice(motor, "Reads"),
            "one command": TangoSingleCommandDevice(motor, "Stop"),
        }
    table(devices | {"TangoAttrRW": devices["TangoDevice"].comm.velocity})
    det, moving, points = devices["DET"], devices["TangoMotor"], cast(Any, [1])
    asked(RE, "bp.list_scan([det], motor, [1])", bp.list_scan([det], moving, points))
    asked(RE, "bp.fly([det])", bp.fly([det]))
    for name in NAMES:
        call_in_bluesky_event_loop(devices[name].disconnect())


if __name__ == "__main__":
    main(*sys.argv[1:])
