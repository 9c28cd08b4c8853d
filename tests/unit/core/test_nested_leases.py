"""Leases where a child has children of its own (rule 23)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff import Child, DeviceFailed, DState, Held, Process
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.devices import Counter, Scan, Stage

backends = pytest.mark.parametrize("backend", BACKENDS)


class Outer(Counter):
    """Has a scan, and leaves it alone."""

    scan = Child(Scan)

    def __init__(self, name: str, **children: Any) -> None:
        super().__init__(name)
        for role, child in children.items():
            self.set_child(role, child)
        self._good = True

    def validate(self, **parameters: Any) -> dict[str, Any]:
        if not self._good:
            raise ValueError("not now")
        return parameters


class Beside(Outer):
    """Has its scan's stage as a child of its own, too."""

    stage = Child(Stage)


def tree(process: Process, kind: type[Outer]) -> tuple[Outer, Scan, Stage, Counter]:
    """OUTER over SCAN, which was configured already and so holds STAGE and COUNT."""
    stage, counter = Stage("STAGE"), Counter("COUNT")
    scan = Scan("SCAN", stage=stage, counter=counter)
    outer = kind("OUTER", **({"stage": stage} if kind is Beside else {}), scan=scan)
    for device in (stage, counter, scan, outer):
        process.add(device)
    process.view("SCAN").configure()
    assert (stage._machine.holder, counter._machine.holder, scan._machine.holder) == (scan, scan, None)
    return outer, scan, stage, counter


@backends
@pytest.mark.parametrize("kind", [Outer, Beside])
def test_what_a_child_holds_of_its_own_tree_does_not_hinder_its_parent(backend: str, kind: type[Outer]) -> None:
    """Rule 23: the lease is taken over the whole tree; at its end a child that is still Ready has its own again."""

    def scenario(process: Process) -> None:
        outer, scan, stage, counter = tree(process, kind)
        view, client = process.view("OUTER"), Client(process)
        view.configure()
        assert {device._machine.holder for device in (stage, counter, scan)} == {outer}
        for name, method in (("STAGE", "home"), ("SCAN", "run"), ("COUNT", "configure")):
            with pytest.raises(Held, match="held by OUTER"):
                client.call(name, method).result()
        process._post(outer._machine.fault, "for the test")
        assert client.call("SCAN", "run").kind() == "ok"  # it can use what it has
        assert (stage._machine.holder, counter._machine.holder, scan._machine.holder) == (scan, scan, None)
        with pytest.raises(Held, match="held by SCAN"):
            client.call("STAGE", "home").result()
        process.view("SCAN").reset()
        assert (stage._machine.holder, counter._machine.holder) == (None, None)

    play(backend, scenario, seeds=range(5))


@backends
def test_a_parent_that_is_not_configured_after_all_takes_nothing_from_its_child(backend: str) -> None:
    """Rules 18, 23: validate raised, so that nothing has changed, leases neither."""

    def scenario(process: Process) -> None:
        outer, scan, stage, counter = tree(process, Outer)
        outer._good = False
        with pytest.raises(DeviceFailed, match="not now"):
            process.view("OUTER").configure()
        assert (outer.state.value, scan.state.value) == (DState.Idle, DState.Ready)
        assert (stage._machine.holder, counter._machine.holder, scan._machine.holder) == (scan, scan, None)

    play(backend, scenario, seeds=range(5))


@backends
def test_what_somebody_else_holds_still_hinders(backend: str) -> None:
    """Rule 23: a stage that is held by a scan of another tree."""

    def scenario(process: Process) -> None:
        outer, scan, stage, _ = tree(process, Outer)
        process.view("SCAN").reset()
        other = Counter("COUNT2")
        rival = Scan("RIVAL", stage=stage, counter=other)
        process.add(other)
        process.add(rival)
        process.view("RIVAL").configure()
        with pytest.raises(Held, match=r"OUTER\.configure: expected STAGE free, got it held by RIVAL"):
            process.view("OUTER").configure()
        assert (outer.state.value, scan._machine.holder, stage._machine.holder) == (DState.Idle, None, rival)

    play(backend, scenario, seeds=range(5))
