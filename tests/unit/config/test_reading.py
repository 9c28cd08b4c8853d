"""A configuration file to a plan; all its faults at once, each with its place and what was expected."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from macduff.config import ConfigurationError, Plan, read, read_text
from tests.support import random_name

DEVICES = """
from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from macduff.core.attribute import Attribute
from macduff.core.child import Child
from macduff.core.device import Device
from macduff.values import VDouble


class Motor(Device):
    position = Attribute(VDouble(units="mm"), 0.0, "Where")

    def __init__(
        self, name: str, velocity: Annotated[float, VDouble(control=(0.1, 5))] = 1.0, axis: Literal["h", "v"] = "h"
    ) -> None:
        super().__init__(name)
        self._given = velocity, axis


class Fast(Motor):
    pass


class Scan(Device):
    motor, other = Child(Motor), Child(Motor)


class Ring(Device):
    next = Child(Device)


class Logger(Device):
    def __init__(
        self,
        name: str,
        source: Motor,
        path: Path,
        sizes: tuple[int, ...] = (),
        options: dict[str, int] | None = None,
        opener: type[int] = int,
    ) -> None:
        super().__init__(name)
        self._given = source, path, sizes, options
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module with device classes beside the file."""
    name = random_name("devices_").lower()
    (tmp_path / f"{name}.py").write_text(DEVICES)
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def faults(text: str, **options: bool) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_text(dedent(text), "lab.yaml", **options)
    return str(caught.value).splitlines()


def test_a_good_file_becomes_a_plan(module: str, tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(
        dedent(f"""\
        process: {{backend: threads, limits: {{abort_grace: 1}}, log: {{level: warning, format: json}}}}
        servers: {{web: {{port: 0}}}}
        devices:
          - {{class: {module}.Scan, name: SCAN, motor: X, other: Y}}
          - {{class: {module}.Fast, name: X, velocity: 2}}
          - {{class: {module}.Motor, name: Y, simulate: true}}
          - {{class: {module}.Logger, name: LOG, source: X, path: some/where, sizes: [1, 2], options: {{a: 1}}}}
        """)
    )
    plan = read(file)
    assert [device.name for device in plan.devices] == ["X", "Y", "SCAN", "LOG"], "what is needed comes first"
    assert [device.simulate for device in plan.devices] == [False, True, False, False]
    assert (plan.backend, plan.log_level, plan.log_format, plan.limits.abort_grace) == (
        "threads",
        "warning",
        "json",
        1.0,
    )
    assert [(server.kind, server.host, server.port) for server in plan.servers] == [("web", "127.0.0.1", 0)]
    made = {entry.name: make() for entry, make in plan.makers()}
    assert made["SCAN"]._children == {"motor": made["X"], "other": made["Y"]}
    assert vars(made["X"])["_given"] == (2.0, "h")
    assert vars(made["LOG"])["_given"] == (made["X"], Path("some/where"), (1, 2), {"a": 1})


def test_an_empty_file_is_an_empty_plan() -> None:
    assert read_text("", "lab.yaml") == read_text("devices: []\nservers:\n", "lab.yaml") == Plan()


def test_all_faults_are_told_at_once(module: str) -> None:
    found = faults(f"""\
    process: {{nam: a, backend: fork, limits: {{abort_grace: 0, foo: 1, open_calls: 2.5}}}}
    servers:
      web: {{port: 80800, hosst: 1}}
      wep: {{}}
    devices:
      - {{class: {module}.Motor, name: X, velocity: 9}}
      - {{class: {module}.Motr, name: Y}}
      - {{class: {module}.Motor, name: x}}
      - {{class: {module}.Scan, name: SCAN, motor: X, othr: X}}
      - {{class: {module}.Logger, name: LOG, source: SCAN, path: 3, sizes: [1, a], opener: 3}}
      - {{class: nowhere.Motor, name: Q}}
      - {{class: {module}.Motor, name: Q Q}}
      - {{name: R, simulate: 3}}
      - 3
      - {{class: {module}.Path, name: T}}
      - {{class: {module}.Motor, name: U, axis: z}}
      - {{class: {module}.Motor, name: V, velocity: "3"}}
    nonsense: 1
    """)
    wanted = [
        "1:11: process: expected one of name, backend, log, limits, got 'nam'",
        "1:28: process.backend: expected 'threads' or 'cothread', got 'fork'",
        "3:15: servers.web.port: expected less than or equal to 65535, got 80800",
        "3:22: servers.web: expected one of host, port, read_only, hosts, origins, got 'hosst'; did you mean 'host'?",
        "4:3: servers: expected one of web, pva, ca, tango, got 'wep'; did you mean 'web'?",
        "6: X.velocity: expected a value from 0.1 to 5, got 9",
        f"7: Y.class: expected a device class of {module} (Fast, Logger, Motor, Ring, Scan), got 'Motr'; did you mean",
        "8: device name: expected each name once, got 'x' beside 'X', which differs in case alone",
        "9: SCAN.other: expected the name of a Motor, got none",
        "9: SCAN: expected one of motor, other, got 'othr'; did you mean 'other'?",
        "10: LOG.source: expected a Motor, got 'SCAN', a Scan",
        "10: LOG.path: ",
        "10: LOG.sizes[1]: expected a",
        "10: LOG.opener: expected it to be left out (a type[int] cannot be written in a configuration file), got 3",
        "11: Q.class: expected a module, got 'nowhere', which there is not",
        "12: device name: expected letters, digits",
        "13:5: devices[7].class: expected a value, got none",
        "13: devices[7].simulate: expected true or false, got 3",
        "14:5: devices[8]: expected a mapping, got 3",
        f"15: T.class: expected a device class of {module}",
        "16: U.axis: expected one of 'h', 'v', got 'z'",
        "17: V.velocity: expected a number",
        "18:1: the file: expected one of process, servers, devices, got 'nonsense'",
    ]
    missing = [want for want in wanted if not any(_matches(line, want) for line in found)]
    assert missing == [], "\n".join(found)
    limits = [
        line for line in faults("process: {limits: {abort_grace: 0, foo: 1, open_calls: 2.5}}") if "limits" in line
    ]
    assert limits == [
        "lab.yaml:1:33: process.limits.abort_grace: expected a number above 0, got 0",
        "lab.yaml:1:36: process.limits: expected the name of a limit, got 'foo'; macduff.limits has the list",
        "lab.yaml:1:56: process.limits.open_calls: expected a whole number, got 2.5",
    ]
    assert len(found) == len(wanted), "\n".join(found)


def _matches(line: str, want: str) -> bool:
    """Whether a fault is the one that is wanted; a wanted place without a column fits every column."""
    place, message = want.split(": ", 1)
    return line.startswith(f"lab.yaml:{place}:") and f": {message}" in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("devices: [{class: Motor, name: X, simulat: true}]", "got 'simulat'; did you mean 'simulate'?"),
        ("devices: [{class: Motor, name: X, simulate: yes}]", "expected true or false, got 'yes'; did you mean true?"),
        ("devices: [{class: Motor, name: X, simulate: maybe}]", "simulate: expected true or false, got 'maybe'"),
        ("devices: [{class: Motor, name: 12}]", 'devices[0].name: expected text, got 12; put it into quotes: "12"'),
        ("servers: {web: {port: '8008'}}", "expected an integer, got '8008'; did you mean 8008, without quotes?"),
        ("servers: {web: {port: all}}", "servers.web.port: expected an integer, got 'all'"),
    ],
)
def test_a_fault_says_how_to_write_what_was_probably_meant(text: str, told: str) -> None:
    (found,) = faults(text)
    assert found.endswith(told)


def test_all_faults_of_an_entry_are_told_at_once() -> None:
    found = faults("devices:\n  - {class: Motr, name: 12, simulate: 3}\n  - {class: Motor, name: 1 1, hihg: 2}\n")
    assert [line.split(": ")[1] for line in found] == [
        "devices[0].class", "devices[0].name", "devices[0].simulate", "device name", "1 1",
    ]  # fmt: skip


def test_children_that_lead_back_are_named(module: str) -> None:
    found = faults(f"""\
    devices:
      - {{class: {module}.Ring, name: A, next: B}}
      - {{class: {module}.Ring, name: B, next: C}}
      - {{class: {module}.Ring, name: C, next: A}}
    """)
    assert found == ["lab.yaml:2:5: A: expected children that do not lead back to it, got A -> B -> C -> A"]


def test_an_unknown_child_is_told_with_a_hint(module: str) -> None:
    found = faults(f"""\
    devices:
      - {{class: {module}.Motor, name: STAGE}}
      - {{class: {module}.Scan, name: SCAN, motor: STAGE, other: STAG}}
    """)
    wanted = "SCAN.other: expected the name of a Motor of this file, got 'STAG'; did you mean 'STAGE'?"
    assert len(found) == 1
    assert found[0].endswith(wanted)


def test_a_fault_in_one_entry_does_not_blame_those_that_name_it(module: str) -> None:
    found = faults(f"""\
    devices:
      - {{class: {module}.Motor, name: X, simulate: 3}}
      - {{class: {module}.Scan, name: SCAN, motor: X, other: X}}
    """)
    assert len(found) == 1, found


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "beamline.example"])
def test_beyond_this_machine_only_read_only_or_insecure(host: str) -> None:
    text = f"servers:\n  web: {{host: '{host}'}}\n"
    (fault,) = faults(text)
    assert fault.startswith("lab.yaml:2:15: servers.web.host: expected an address of this machine alone")
    assert "--read-only, or read_only: true in the file" in fault
    assert "--insecure" in fault
    assert read_text(text, "lab.yaml", read_only=True).servers[0].read_only
    assert not read_text(text, "lab.yaml", insecure=True).servers[0].read_only
    assert read_text(f"servers:\n  web: {{host: '{host}', read_only: true}}\n", "lab.yaml").servers[0].read_only


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_this_machine_is_always_allowed(host: str) -> None:
    assert read_text(f"servers: {{web: {{host: '{host}'}}}}", "lab.yaml").servers[0].host == host


def test_a_module_that_raises_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = random_name("broken_").lower()
    (tmp_path / f"{name}.py").write_text("x = 1\nraise RuntimeError('no such card')\n")
    monkeypatch.syspath_prepend(tmp_path)
    (fault,) = faults(f"devices:\n  - {{class: {name}.Motor, name: X}}\n")
    assert f"got RuntimeError: no such card ({name}.py:2)" in fault


def test_no_class_but_a_device_is_made() -> None:
    """No class is chosen by text unless it is a device: `class: os.system` makes nothing."""
    for path in (
        "os.system",
        "subprocess.Popen",
        "macduff.core.process.Process",
        "a;b.C",
        "macduff.core.device.Device",
    ):
        (fault,) = faults(f"devices:\n  - {{class: '{path}', name: X}}\n")
        assert "X.class: expected " in fault


def test_text_that_is_no_mapping() -> None:
    assert faults("[1, 2]") == ["lab.yaml:1:1: the file: expected a mapping, got [1, 2]"]


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "lab.yaml").write_bytes(b"devices: [\xff]")
    with pytest.raises(ConfigurationError, match=r"lab.yaml:1:1: expected UTF-8 text"):
        read(tmp_path / "lab.yaml")


def test_the_example_of_the_reference_is_good() -> None:
    page = Path(__file__).parents[3] / "docs/reference/configuration.md"
    text = page.read_text(encoding="utf-8").split("```yaml\n", 1)[1].split("```", 1)[0]
    plan = read_text(text, "configuration.md")
    assert [(device.name, device.simulate) for device in plan.devices] == [
        ("BL01:X", True),
        ("BL01:Y", False),
        ("BL01:DET", False),
    ]
    assert plan.limits.abort_grace == 5.0
