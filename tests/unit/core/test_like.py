"""Arguments and results that are like an attribute (decision 10): its type, as it is now."""

from __future__ import annotations

import pytest

from macduff import Attribute, BadValue, Device, DState, PausableDevice, Process, VDouble, publish_method
from tests.support.play import Client

MM = VDouble(units="mm", precision=3, control=(0, 10))


class Stage(Device):
    """A stage."""

    position = Attribute(MM, 0.0)

    @publish_method(like={"target": "position", "return": "position"})
    def move(self, target: float, hurry: float = 1.0) -> float:
        """Go there, and return where it ended."""
        self.position.update(target * hurry)
        return self.position.value


class Scan(PausableDevice):
    """Runs, and has a method as well."""

    position = Attribute(MM, 0.0)

    @publish_method(like={"target": "position"})
    def move(self, target: float) -> None:
        """Go there."""

    def do_run(self) -> DState:
        return DState.Ready


def test_arguments_and_results_have_the_type_that_the_attribute_has_now() -> None:
    with Process() as process:
        stage = Stage("STAGE")
        process.add(stage)
        move = stage.methods["move"]
        assert (move.takes["target"], move.returns) == (MM, {"return": MM})
        assert move.takes["hurry"] == VDouble()
        with pytest.raises(BadValue, match=r"STAGE.move\(target\): expected .* 10"):
            Client(process).call("STAGE", "move", target=11).result()
        assert Client(process).call("STAGE", "move", target=6, hurry=2).result() == 12, "limits are for what is asked"
        um = VDouble(units="um", control=(0, 9000))
        stage.position.change_type(um)
        assert (move.takes["target"], move.returns["return"]) == (um, um)
        assert Client(process).call("STAGE", "move", target=11).result() == 11


def test_in_devices_that_run_too() -> None:
    with Process() as process:
        process.add(Scan("SCAN"))
        with pytest.raises(BadValue, match=r"SCAN.move\(target\)"):
            Client(process).call("SCAN", "move", target=11).result()


def test_an_argument_that_is_not_there_is_told_where_the_class_is_defined() -> None:
    with pytest.raises(TypeError, match=r"move: like: expected an argument \(target, return\), got 'targt'"):

        class Misspelt(Device):
            """Has a mistake."""

            @publish_method(like={"targt": "position"})
            def move(self, target: float) -> float:
                """Go there."""
                return target

    with pytest.raises(TypeError, match=r"none, for it takes and returns nothing\), got 'return'"):

        class Returnless(Device):
            """Has another."""

            @publish_method(like={"return": "position"})
            def stop(self) -> None:
                """Stop."""


def test_an_attribute_that_is_not_there_is_told_when_the_device_is_added() -> None:
    class Missing(Device):
        """Means another attribute."""

        position = Attribute(MM, 0.0)

        @publish_method(like={"target": "positon"})
        def move(self, target: float) -> None:
            """Go there."""

    with Process() as process:
        with pytest.raises(TypeError, match=r"like=\{'target': ...\}: expected an attribute .*'positon'; did you mean"):
            process.add(Missing("STAGE"))
        assert "STAGE" not in process.devices
