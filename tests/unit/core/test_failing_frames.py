"""What clients are told of the frames of a device's code that raised."""

from __future__ import annotations

import pytest

from macduff import Device, Process, publish_method
from macduff.errors import DeviceFailed, Refused


class Torn(Device):
    """Its methods raise."""

    def _pull(self) -> None:
        raise KeyError("belt")

    @publish_method
    def move(self) -> None:
        """Raise one error from another."""
        try:
            self._pull()
        except KeyError as error:
            raise RuntimeError("the belt is torn") from error

    @publish_method
    def refuse(self) -> None:
        """Raise on purpose."""
        raise Refused("not today")


def test_the_frames_of_the_authors_code_come_with_the_error_and_name_no_folder() -> None:
    with Process() as process:
        process.add(Torn("T"))
        with pytest.raises(DeviceFailed) as raised:
            process.view("T").move()
    lines = raised.value.traceback.splitlines()
    shape = [line.partition(", in ")[2] or line.partition(":")[0] for line in lines]
    assert shape == [
        "move: self._pull()",
        '_pull: raise KeyError("belt")',
        "KeyError",
        'move: raise RuntimeError("the belt is torn") from error',
        "RuntimeError",
    ]
    assert all("/" not in line for line in lines) and lines[0].startswith("test_failing_frames.py:")


def test_what_was_raised_on_purpose_comes_without_frames() -> None:
    with Process() as process:
        process.add(Torn("T"))
        with pytest.raises(Refused) as raised:
            process.view("T").refuse()
    assert raised.value.traceback == ""
