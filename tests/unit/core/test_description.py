"""What a device says of itself is what its author wrote, and nothing of Device."""

from __future__ import annotations

from macduff import Device, Process, creatable


@creatable
class Silent(Device):
    pass


@creatable
class Telling(Device):
    """A pump.

    It pumps.
    """


def test_a_class_without_a_docstring_says_nothing() -> None:
    assert Silent("S").description == ""
    assert Telling("T").description == "A pump.\n\nIt pumps."


def test_what_creates_it_says_its_name_then() -> None:
    process = Process()
    for cls in (Silent, Telling):
        process.block.offer(cls)
    fields = process.devices["."].fields
    assert fields["create_Silent"].description == "Create a device: Silent"
    assert fields["create_Telling"].description == "Create a device: A pump.\n\nIt pumps."
