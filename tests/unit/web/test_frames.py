"""Frames as we write them, read by another library's parser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

from macduff.servers.web.frames import chunks

SIZES = st.sampled_from([0, 1, 124, 125, 126, 127, 65534, 65535, 65536, 65537, 200_000])
MESSAGES = st.lists(st.one_of(st.text(), st.binary(), SIZES.map(lambda size: "a" * size), SIZES.map(bytes)))


def parsed(data: bytes) -> list[str | bytes]:
    protocol = Protocol(CLIENT, state=OPEN, max_size=None)
    protocol.receive_data(data)
    found: list[str | bytes] = []
    for frame in protocol.events_received():
        assert isinstance(frame, Frame) and frame.fin and frame.opcode in (Opcode.TEXT, Opcode.BINARY)
        payload = bytes(frame.data)
        found.append(payload.decode() if frame.opcode is Opcode.TEXT else payload)
    return found


@given(MESSAGES)
def test_every_message_arrives_whole_and_in_order(messages: list[str | bytes]) -> None:
    assert parsed(b"".join(chunks(messages))) == messages


def test_small_frames_are_one_chunk() -> None:
    assert len(chunks(["a", b"b", "c" * 1000])) == 1


def test_large_messages_are_not_copied() -> None:
    large = bytes(1_000_000)
    assert any(chunk is large for chunk in chunks(["a", large, "b"]))


def test_nothing_for_nothing() -> None:
    assert chunks([]) == []
