"""The frames of a device's code in an Error: in our dialects, and only when there are any."""

from __future__ import annotations

import msgspec
import pytest

from macduff.errors import DeviceFailed
from macduff.protocol.client import _error
from macduff.protocol.dialect import MACDUFF, MACDUFF_MSGPACK, STRICT, Dialect
from macduff.protocol.frames import Framer


def failed(traceback: str) -> DeviceFailed:
    error = DeviceFailed("STAGE.move: RuntimeError: torn (stage.py:12)", device="STAGE", member="move")
    error.traceback = traceback
    return error


@pytest.mark.parametrize("dialect", [MACDUFF, MACDUFF_MSGPACK])
@pytest.mark.parametrize("traceback", ["stage.py:12, in move: raise RuntimeError('torn')\nRuntimeError: torn", ""])
def test_they_come_back_as_they_were(dialect: Dialect, traceback: str) -> None:
    decode = msgspec.msgpack.decode if dialect is MACDUFF_MSGPACK else msgspec.json.decode
    message = decode(Framer(dialect).failed(3, failed(traceback)))
    assert ("traceback" in message) is bool(traceback)
    error = _error(message)
    assert isinstance(error, DeviceFailed)
    assert (error.traceback, error.device, error.member) == (traceback, "STAGE", "move")


def test_strict_clients_are_told_the_sentence_alone() -> None:
    message = msgspec.json.decode(Framer(STRICT).failed(3, failed("stage.py:12, in move")))
    assert set(message) == {"typeid", "id", "message"}
