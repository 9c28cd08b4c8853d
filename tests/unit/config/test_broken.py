"""What is wrong in an author's module is told in a line: the place in the file, what, and the author's own line."""

from __future__ import annotations

from pathlib import Path

import pytest

from macduff import Device
from macduff.config import ConfigurationError, read_text
from macduff.core import Process
from tests.support import random_name

HEAD = "from macduff import Attribute, Device, VDouble, VInt, VString, idle_task, publish_method\nclass D(Device):\n"


class Author:
    """Writes modules that a configuration may name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.module = ""

    def writes(self, body: str) -> None:
        self.module = random_name("broken_").lower()  # a module is imported once
        (self.folder / f"{self.module}.py").write_text(HEAD + body)

    def fault(self, body: str) -> str:
        """The one fault of a configuration with a class of that body."""
        self.writes(body)
        with pytest.raises(ConfigurationError) as caught:
            read_text(f"devices:\n  - class: {self.module}.D\n    name: X\n", "d.yaml")
        (fault,) = caught.value.faults
        return str(fault)

    def failure(self, body: str, name: str = "X") -> str:
        """What a device that cannot be made is told as."""
        self.writes(body)
        plan = read_text(f"devices:\n  - class: {self.module}.D\n    name: {name}\n", "d.yaml")
        ((entry, make),) = plan.makers()
        process = Process()
        process.add(Device("TAKEN"))
        with pytest.raises(Exception) as caught:
            process.add(make())
        error, traceback = caught.value, caught.tb
        return entry.told(error.with_traceback(traceback.tb_next))  # without this file, which is no author's


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    monkeypatch.syspath_prepend(tmp_path)
    return Author(tmp_path)


@pytest.mark.parametrize(
    ("body", "told", "line"),
    [
        ("    @publish_method\n    def move(self, target): ...\n", "annotation such as target: float, got none", 3),
        ("    @publish_method\n    def move(self): ...\n", "expected an annotation of the result", 3),
        ("    @publish_method\n    def move(self) -> object: ...\n", "TypeError", 3),
        ("    speed = Attribute(float, 0.0)\n", "expected a VType such as VDouble() first", 3),
        ("    speed = 1\n    x = VDouble(units=3)\n", "units", 4),
        ("    x = VDouble(control=(2, 1))\n", "control", 3),
        ("    @publish_method(busy='replce')\n    def move(self) -> None: ...\n", "expected busy to be one of", 3),
        ("    speed = Attribute(VInt(), 1.5)\n", "Attribute(initial): expected", 3),
        ("    speed = Attribute(VDouble(), 'How fast', 0.0)\n", "expected a description after the initial value", 3),
        ("    speed = Attribute(VDouble(), 'How fast')\n", "got 'How fast'; the description comes after it", 3),
        ("    @publish_method\n    async def move(self) -> None: ...\n", "D.move: expected a plain def, got async", 3),
        ("    @publish_method\n    def move(self) -> float:\n        yield 1\n", "D.move: expected a plain def", 3),
        ("    async def do_connect(self) -> None: ...\n", "self.wait_async(coroutine) waits", 2),
        ("    @idle_task(period=1)\n    async def look(self) -> None: ...\n", "D.look: expected a plain def", 2),
        (
            "    x = Attribute(VInt(), 1)\n    @x.on_put\n    async def _set(self, value: int) -> None: ...\n",
            "D._set: expected a plain def",
            2,
        ),
    ],
)
def test_a_class_that_is_refused(author: Author, body: str, told: str, line: int) -> None:
    """At its definition, with a line of the author's, on every version of Python."""
    fault = author.fault(body)
    assert fault.startswith(f"d.yaml:2:12: X.class: expected {author.module}.D to be importable, got ")
    assert "TypeError: " in fault or "ValueError: " in fault
    assert told in fault
    assert fault.endswith(f" ({author.module}.py:{line})")


def test_what_a_descriptor_of_the_author_raises_is_told_itself(author: Author) -> None:
    """Python 3.11 tells RuntimeError: Error calling __set_name__ on 'Named' instance."""
    fault = author.fault(
        "    pass\n"
        "class Named:\n"
        "    def __set_name__(self, owner, name):\n"
        "        raise LookupError('no such name')\n"
        "class E(Device):\n"
        "    one = Named()\n"
    )
    assert f"got LookupError: no such name ({author.module}.py:6)" in fault


def test_a_syntax_error_has_its_line(author: Author) -> None:
    fault = author.fault("    x = (\n")
    assert f"got SyntaxError: '(' was never closed ({author.module}.py:3)" in fault


def test_a_constructor_that_raises(author: Author) -> None:
    """The class in the file, the device, what, the author's line."""
    init = "    def __init__(self, name: str) -> None:\n        super().__init__(name)\n"
    assert author.failure(f"{init}        1 / 0\n") == (
        f"d.yaml:2:12: X: ZeroDivisionError: division by zero ({author.module}.py:5)"
    )


def test_an_assignment_in_a_constructor_is_taught(author: Author) -> None:
    init = "    def __init__(self, name: str) -> None:\n        super().__init__(name)\n"
    told = author.failure(f"    position = Attribute(VDouble(), 0.0)\n{init}        self.position = 3.0\n")
    assert told.startswith("d.yaml:2:12: X.position: expected position.update(...) for what is true")
    assert told.endswith(f" ({author.module}.py:6)")
    told = author.failure(f"    position = Attribute(VDouble(), 0.0)\n{init}        self.posision = 3.0\n")
    assert "got 'posision'; did you mean 'position'?" in told


def test_a_forgotten_constructor_of_the_base_class(author: Author) -> None:
    init = "    def __init__(self, name: str) -> None:\n"
    assert author.failure(f"{init}        self._x = 1\n", "D") == (
        "d.yaml:2:12: D: __init__ did not call super().__init__(name)"
    )
    used = f"    x = Attribute(VInt(), 1)\n{init}        self.x.update(2)\n"
    assert author.failure(used) == (
        f"d.yaml:2:12: X: __init__ did not call super().__init__(name) before it used the device ({author.module}.py:5)"
    )


def test_what_the_process_refuses_is_told_as_it_stands(author: Author) -> None:
    """Errors of macduff's own have no line of the author's to name."""
    told = author.failure("    pass\n", "Taken")
    assert told == "d.yaml:2:12: Taken: expected a name that is free, got one taken by TAKEN"
