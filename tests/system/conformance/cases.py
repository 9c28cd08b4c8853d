"""The table of cases. Each says what came of it in a few words; "yes" is what every protocol should say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .device import HOT, STAMP
from .probe import Bench, ClientRefuses, NotCarried, Probe, Refusal, Seen

__all__ = ["CASES", "Case", "outcome"]


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    group: str
    title: str
    run: Callable[[Probe, Bench], str]


def outcome(case: Case, probe: Probe, bench: Bench) -> str:
    """What came of a case; never raises for what a protocol may do."""
    try:
        return case.run(probe, bench)
    except Refusal:
        return "refused"
    except ClientRefuses:
        return "the client refuses"
    except NotCarried:
        return "not carried"


# comparing


def plain(value: Any) -> Any:
    """Whatever a client library calls a value, as plain Python."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


def alike(wanted: Any, got: Any) -> bool:
    """Equal in value; NaN equals NaN."""
    wanted, got = plain(wanted), plain(got)
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(alike, wanted, got))
    if isinstance(wanted, dict) and isinstance(got, dict):
        return wanted.keys() == got.keys() and all(alike(wanted[key], got[key]) for key in wanted)
    if isinstance(wanted, float) and isinstance(got, int | float) and math.isnan(wanted):
        return math.isnan(got)
    try:
        return bool(wanted == got)
    except (TypeError, ValueError):
        return False


def kind_of(value: Any) -> str:
    value = plain(value)
    while isinstance(value, list) and value:
        value = value[0]
    return type(value).__name__


def verdict(wanted: Any, got: Any) -> str:
    """ "yes", or what came instead."""
    if not alike(wanted, got):
        return f"other: {plain(got)!r}"[:60]
    if kind_of(wanted) != kind_of(got):
        return f"as {kind_of(got)}"
    return "yes"


# types and edge values


VALUES: dict[str, list[Any]] = {
    "a_bool": [True],
    "an_int8": [-128, 127],
    "a_uint8": [0, 255],
    "an_int16": [-(2**15), 2**15 - 1],
    "a_uint16": [2**16 - 1],
    "an_int32": [-(2**31), 2**31 - 1],
    "a_uint32": [2**32 - 1],
    "an_int64": [2**53 + 1, -(2**63), 2**63 - 1],
    "a_uint64": [2**64 - 1],
    "a_float": [0.5, math.inf],
    "a_double": [0.1, 1e308, 5e-324, math.nan, math.inf, -math.inf],
    "a_string": ["", "µm Ω", "x" * 39, "x" * 500],
    "an_enum": ["high"],
    "doubles": [[0.1, 2.0], [], [math.nan, 1.0]],
    "ints": [[-(2**31), 5]],
    "longs": [[2**53 + 1, -1]],
    "bools": [[False, True, True]],
    "strings": [["a", "µ", ""], ["x" * 100]],
    "image": [[[1, 2], [3, 4], [5, 65535]]],
    "table": [{"x": [1.0, 2.0], "name": ["p", "q"]}],
    "a_map": [{"gain": 0.5, "title": "second"}],
}


def shown(value: Any) -> str:
    text = repr(value).replace("[", "").replace("]", "")
    return text if len(text) <= 24 else f"{len(value)} characters" if isinstance(value, str) else text[:21] + "..."


TEXTS = ("a_string", "strings", "an_enum", "table", "a_map")
SPELT = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def spelt(name: str, true: Any) -> Any:
    """What JSON said of an attribute, with the numbers that it cannot write."""
    if name in TEXTS:
        return true
    if isinstance(true, list):
        return [spelt(name, item) for item in true]
    return SPELT.get(true, true) if isinstance(true, str) else true


def round_trip(name: str, value: Any) -> Callable[[Probe, Bench], str]:
    def run(probe: Probe, bench: Bench) -> str:
        probe.put(name, value)
        true = spelt(name, bench.truth(name))
        if not alike(value, true):
            return f"arrives as {true!r}"[:60]
        return verdict(value, probe.get(name).value)

    return run


def type_cases() -> Iterator[Case]:
    for name, values in VALUES.items():
        for value in values:
            yield Case(
                "values", f"{name.removeprefix('a_').removeprefix('an_')}: {shown(value)}", round_trip(name, value)
            )


# what is wrong


WRONG: list[tuple[str, Any, str]] = [
    ("an_int32", 1.5, "1.5 to an integer"),
    ("an_int8", 200, "200 to an int8"),
    ("a_uint8", -1, "-1 to a uint8"),
    ("an_int64", 2**63, "2**63 to an int64"),
    ("a_double", "three", '"three" to a number'),
    ("a_double", "3", '"3" to a number'),
    ("a_float", 1e300, "1e300 to a float32"),
    ("an_enum", "warp", "a label that is none"),
    ("an_enum", 7, "an index that is none"),
    ("limited", 11.0, "beyond the control limits"),
    ("limited", math.nan, "NaN where there are control limits"),
    ("ints", [1.5], "1.5 in an array of integers"),
    ("ints", [2**31], "2**31 in an array of int32"),
    ("read_only", 5.0, "a read-only attribute"),
]


GOOD: dict[str, Any] = {"an_enum": "medium", "ints": [1, 2]}
"""What is there before something wrong is put; 4 where nothing is said."""


def wrong(name: str, value: Any) -> Callable[[Probe, Bench], str]:
    def run(probe: Probe, bench: Bench) -> str:
        if name != "read_only":
            bench.set(name, GOOD.get(name, 4))
        before = bench.truth(name)
        try:
            probe.put(name, value)
        except Refusal:
            return "refused" if alike(before, bench.truth(name)) else "refused, but changed"
        after = bench.truth(name)
        return "ignored" if alike(before, after) else f"the client sends {after!r}"

    return run


def refusal_text(probe: Probe, bench: Bench) -> str:
    try:
        probe.put("limited", 11.0)
    except Refusal as error:
        return "yes" if "from -10 to 10 mm" in str(error) else "no text"
    return "not refused"


# metadata, alarm, time


def about(wanted: Any, attribute: str, read: Callable[[Seen], Any]) -> Callable[[Probe, Bench], str]:
    def run(probe: Probe, bench: Bench) -> str:
        got = read(probe.get(attribute))
        if got is None:
            return "not carried"
        return "yes" if alike(wanted, got) else f"other: {got!r}"[:60]

    return run


def warning_alarm(probe: Probe, bench: Bench) -> str:
    probe.put("limited", 6.0)
    severity = probe.get("limited").severity
    probe.put("limited", 9.0)
    worse = probe.get("limited").severity
    probe.put("limited", 0.0)
    return "yes" if (severity, worse) == (1, 2) else f"other: {severity}, {worse}"


def setpoint_and_readback(probe: Probe, bench: Bench) -> str:
    probe.put("rounded", 2.4)
    return verdict(2.0, probe.get("rounded").value)


# methods


def called(wanted: Any, method: str, **arguments: Any) -> Callable[[Probe, Bench], str]:
    return lambda probe, bench: verdict(wanted, probe.call(method, **arguments))


def poked(probe: Probe, bench: Bench) -> str:
    probe.put("an_int32", 5)
    probe.call("poke")
    return verdict(6, bench.truth("an_int32"))


def failing(probe: Probe, bench: Bench) -> str:
    try:
        probe.call("fail")
    except Refusal as error:
        return "yes" if "the pump is on fire" in str(error) else "no text"
    return "not told"


def while_busy(then: Callable[[Probe], Any]) -> Callable[[Probe, Bench], str]:
    def run(probe: Probe, bench: Bench) -> str:
        probe.start("hold")
        try:
            for _ in range(1000):
                if bench.truth("state") == "Running":
                    break
            then(probe)
        except Refusal:
            return "refused"
        finally:
            bench.tell("abort")
        return "accepted"

    return run


def aborted(probe: Probe, bench: Bench) -> str:
    probe.start("hold")
    for _ in range(1000):
        if bench.truth("state") == "Running":
            break
    probe.call("abort")
    return "yes" if bench.truth("state") == "Idle" else f"other: {bench.truth('state')}"


# devices that go and come


def removed(probe: Probe, bench: Bench) -> str:
    probe.watch("a_double")
    bench.tell("remove")
    return probe.gone(5.0)


def comes_again(probe: Probe, bench: Bench) -> str:
    bench.tell("add")
    return seen_again(0.0, probe)


def another_shape(probe: Probe, bench: Bench) -> str:
    bench.tell("other")
    return seen_again("now a string", probe)


def seen_again(wanted: Any, probe: Probe) -> str:
    value, how = probe.again(10.0)
    said = verdict(wanted, value)
    return how if said == "yes" and how else said


CASES: list[Case] = [
    *type_cases(),
    *(Case("refusals", title, wrong(name, value)) for name, value, title in WRONG),
    Case("refusals", "with our text", refusal_text),
    Case("metadata", "units", about("mm", "limited", lambda seen: seen.units)),
    Case("metadata", "precision", about(3, "limited", lambda seen: seen.precision)),
    Case("metadata", "control limits", about((-10, 10), "limited", lambda seen: seen.control)),
    Case("metadata", "warning limits", about((-5, 5), "limited", lambda seen: seen.warning)),
    Case("metadata", "description", about("Where it is", "limited", lambda seen: seen.description)),
    Case("metadata", "labels of an enum", about(("low", "medium", "high"), "an_enum", lambda seen: seen.labels)),
    Case("alarm", "severity of the device's alarm", about(int(HOT.severity), "alarmed", lambda seen: seen.severity)),
    Case("alarm", "its text", about(HOT.message, "alarmed", lambda seen: seen.message)),
    Case("alarm", "minor and major from the limits", warning_alarm),
    Case("time", "the hardware's, to the nanosecond", about(STAMP, "stamped", lambda seen: seen.time_ns)),
    Case("puts", "the readback differs from the set point", setpoint_and_readback),
    Case("methods", "without arguments", poked),
    Case("methods", "one argument, one default", called(3.5, "add", a=1.5)),
    Case("methods", "two arguments by name", called("2 x bolt", "describe", name="bolt", count=2)),
    Case("methods", "an array in, two results out", called({"total": 6.0, "count": 3}, "pair", values=[1.0, 2.0, 3.0])),
    Case("methods", "an argument is missing", called(0, "describe", name="bolt")),
    Case("methods", "an argument of the wrong type", called(0, "describe", name="bolt", count="many")),
    Case("methods", "the method's own error, with its text", failing),
    Case("state", "another method while one runs", while_busy(lambda probe: probe.call("poke"))),
    Case("state", "a put that the state forbids", while_busy(lambda probe: probe.put("idle_only", 1.0))),
    Case("state", "abort", aborted),
    Case("devices", "a subscriber hears that it is removed", removed),
    Case("devices", "and gets values once it is back", comes_again),
    Case("devices", "and when it is back with another type", another_shape),
]
