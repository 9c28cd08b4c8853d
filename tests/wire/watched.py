"""What the tests of subscriptions share: the device that is watched, and what came in brief."""

from __future__ import annotations

from typing import Any

from macduff.values import Alarm, AlarmStatus, Severity, VAction, VDouble, VEnum, VInt

from .fakes import FakeAttribute, FakeDevice, FakeMethod

MACDUFF = ("macduff.1", "macduff.msgpack.1")
ALARM = Alarm(Severity.MINOR, AlarmStatus.RECORD, "warm")


def device(name: str = "DEV") -> FakeDevice:
    return FakeDevice(
        name,
        FakeAttribute("x", VDouble(units="mm"), 1.0),
        FakeAttribute("n", VInt(), 1, True, True),
        FakeAttribute("mode", VEnum(["slow", "fast"]), "slow", True, True),
        FakeAttribute("fire", VAction(), None, True, True),
        FakeMethod("move", {"to": VDouble()}, ("to",)),
    )


def brief(messages: list[dict[str, Any]]) -> list[Any]:
    """(id, what) of each message: paths of a Delta, value of an Update or Return, kind of an Error."""
    found: list[Any] = []
    for item in messages:
        if "changes" in item:
            found.append((item["id"], [".".join(path) for path, _ in item["changes"]]))
        else:
            found.append((item["id"], item.get("value", str(item.get("message")).partition(":")[0])))
    return found
