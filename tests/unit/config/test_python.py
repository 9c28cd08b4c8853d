"""`macduff check FILE.py`: assignments that a device would refuse, found without running it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from macduff.config.python import check_python

HEAD = """\
from macduff import Attribute, Child, Device, PausableDevice, VBool
"""


def check(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "lab.py"
    file.write_text(HEAD + dedent(text))
    return [f"{fault.line}:{fault.column}: {fault.message}" for fault in check_python(file)]


def test_an_attribute_is_updated_not_assigned(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        """\
        class Pump(Device):
            connected = Attribute(VBool(), False)
            def do_connect(self) -> None:
                self.connected = True
        """,
    )
    wanted = "self.connected.update(...) for what is true or self.connected.put(...) to ask for it"
    assert found == [f"5:9: Pump: self.connected: expected {wanted}, got an assignment"]


@pytest.mark.parametrize(
    "statement",
    [
        "self.speed = 1",
        "self.speed += 1",
        "self.speed: int = 1",
        "self.speed, x = 1, 2",
        "[x, *self.speed] = 1, 2",
        "del self.speed",
        "for self.speed in (1, 2): pass",
        "with open('x') as self.speed: pass",
        "x = [1 for self.speed in (1,)]",
        "(lambda: None)(); self.speed = 1",
    ],
)
def test_every_way_to_store_is_seen(tmp_path: Path, statement: str) -> None:
    found = check(
        tmp_path,
        f"class Pump(Device):\n    def run_it(self):\n        def inner():\n            {statement}\n        inner()\n",
    )
    assert len(found) == 1
    assert "Pump: self.speed: expected an attribute declared on the class or a name that begins with _" in found[0]
    assert "did you mean '_speed'?" in found[0]


def test_what_is_allowed(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        """\
        class Pump(Device):
            connected = Attribute(VBool(), False)
            def do_connect(self) -> None:
                self._card = 1
                card = self._card
                card.speed = 3
                self._card.speed = 3
                self.connected.update(True)
            @staticmethod
            def make(other):
                other.speed = 1
        class Plain:
            def __init__(self):
                self.speed = 1
        """,
    )
    assert found == []


def test_children_and_inherited_attributes_are_known(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        """\
        class Pump(Device):
            connected = Attribute(VBool(), False)
        class Station(Pump, PausableDevice):
            first, second = Child(Pump), Child(Pump)
            def do_run(this):
                this.connected = True
                this.conected = True
                this.second.connected = True
                this.first = None
                this.connected.value = True
        """,
    )
    assert [line.split(": ", 2)[2] for line in found] == [
        "this.connected: expected this.connected.update(...) for what is true or this.connected.put(...) to ask for it"
        ", got an assignment",
        "this.conected: expected an attribute declared on the class or a name that begins with _, got 'conected'; "
        "did you mean 'connected'?",
        "this.second.connected: expected this.second.connected.put(...), got an assignment",
        "this.first: expected nothing to be assigned to it, got an assignment",
        "this.connected.value: expected this.connected.update(...), got an assignment",
    ]


def test_base_classes_from_a_file_beside_are_read_not_run(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(
        HEAD + "raise SystemExit\nclass Pump(Device):\n    connected = Attribute(VBool(), False)\n"
    )
    found = check(
        tmp_path,
        """\
        from base import Pump as Base
        import macduff
        class Fast(Base):
            def do_connect(self) -> None:
                self.connected = True
        class Other(macduff.Device):
            def do_connect(self) -> None:
                self.x = True
        """,
    )
    assert len(found) == 2
    assert "Fast: self.connected: expected self.connected.update(...)" in found[0]
    assert "Other: self.x" in found[1]


def test_ready_made_devices_are_devices(tmp_path: Path) -> None:
    text = "from macduff.devices import Motor\nclass Fast(Motor):\n    def do_stop(self):\n        self.x = 1\n"
    assert len(check(tmp_path, text)) == 1


def test_what_is_no_python_is_one_fault(tmp_path: Path) -> None:
    (found,) = check(tmp_path, "class Pump(Device:\n")
    assert found.startswith("2:")
    assert "expected Python: " in found
    (tmp_path / "null.py").write_bytes(b"x = 1\0")
    assert len(check_python(tmp_path / "null.py")) == 1
