"""The parts of the Channel Access server that have no sockets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.errors import BadValue, Busy, Held, NotWriteable, Refused, TimedOut, Unreachable
from macduff.servers.ca import wire
from macduff.servers.ca.directory import Directory
from macduff.servers.ca.fields import described, record_type
from macduff.servers.ca.record import Record
from macduff.servers.ca.sought import Sought, record_name
from macduff.servers.ca.wire import Frames, Malformed, error_message, message
from macduff.values import Alarm, VArray, VBool, VDouble, VEnum, VInt, VString, VType

uint32 = st.integers(0, 2**32 - 1)
headers = st.tuples(st.integers(0, 65534), st.integers(0, 65535), st.integers(0, 100_000), uint32, uint32)


def record(name: str, vtype: VType[Any] | None = None) -> Record:
    made = Record(name, vtype or VDouble(), described(lambda: "what it is"), rtyp="ai")
    made.show(made.vtype.zero(), Alarm(), 0)
    return made


@given(st.lists(st.tuples(headers, st.binary(max_size=300)), max_size=5), st.integers(1, 400))
def test_messages_come_out_as_they_went_in_however_they_are_cut(
    sent: list[tuple[tuple[int, int, int, int, int], bytes]], step: int
) -> None:
    data = b"".join(message(*fields, payload) for fields, payload in sent)
    frames, came = Frames(1 << 20), []
    for begin in range(0, len(data), step):
        frames.feed(data[begin : begin + step])
        while (frame := frames.next()) is not None:
            came.append(frame)
    assert [frame[:5] for frame in came] == [fields for fields, _ in sent]
    for frame, (_, payload) in zip(came, sent, strict=True):
        assert len(frame.payload) % 8 == 0
        assert frame.payload.startswith(payload)


def test_large_messages_have_the_longer_header() -> None:
    frames = Frames(1 << 20)
    frames.feed(message(1, 6, 100_000, 1, 2, b"x" * 70_000))
    frame = frames.next()
    assert frame is not None
    assert (frame.elements, len(frame.payload), len(frame.header)) == (100_000, 70_000, 24)


def test_a_message_that_is_too_long_is_not_waited_for() -> None:
    frames = Frames(100)
    frames.feed(message(1, payload=b"x" * 200)[:16])
    with pytest.raises(Malformed, match="at most 100 bytes, got one of 200"):
        frames.next()


def test_an_error_repeats_the_request_and_says_why() -> None:
    frames = Frames(1 << 20)
    frames.feed(message(wire.WRITE_NOTIFY, 6, 1, 3, 4, b"12345678"))
    request = frames.next()
    assert request is not None
    frames.feed(error_message(request, 9, wire.ECA_PUTFAIL, "ü" * 2000))
    answer = frames.next()
    assert answer is not None
    assert (answer.command, answer.first, answer.second) == (wire.ERROR, 9, wire.ECA_PUTFAIL)
    assert answer.payload[:16] == request.header
    assert answer.payload[16:].split(b"\0")[0].decode() == "ü" * 500


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadValue("x"), wire.ECA_PUTFAIL), (Busy("x"), wire.ECA_PUTFAIL), (Held("x"), wire.ECA_NOWTACCESS),
        (NotWriteable("x"), wire.ECA_NOWTACCESS), (Refused("x"), wire.ECA_NOWTACCESS),
        (TimedOut("x"), wire.ECA_TIMEOUT), (Unreachable("x"), wire.ECA_PUTFAIL),
    ],
)  # fmt: skip
def test_codes_for_clients_that_show_no_text(error: Exception, code: int) -> None:
    assert wire.eca_of(error) == code  # type: ignore[arg-type]  # all are ours


def test_searches_are_kept_up_to_a_bound_and_the_newest_longest() -> None:
    sought: Sought[str] = Sought(3)
    for number, pv in enumerate(("A", "B.EGU", "A$", "C")):
        sought.note("me", number, pv)
    sought.note("me", 0, "A")
    assert len(sought) == 3
    assert set(sought.of(["A", "B", "C"])) == {("me", 0, "A"), ("me", 2, "A$"), ("me", 3, "C")}
    assert "A" in sought and "B" not in sought


@pytest.mark.parametrize("pv", ["X:y", "X:y.EGU", "X:y$", "X:y.VAL$"])
def test_all_pvs_of_a_record_have_its_name(pv: str) -> None:
    assert record_name(pv) == "X:y"


def test_names_are_given_once_and_free_when_their_record_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    appeared: list[str] = []
    directory = Directory(5064, appeared.append)
    first, second = record("X:y"), record("X:y", VString())
    assert directory.add(first)
    assert not directory.add(second)
    assert "X:y: expected a name for a PV that no other has" in caplog.text
    directory.remove(second)
    assert directory.find("X:y") is first.main
    directory.remove(first)
    assert directory.find("X:y") is None
    assert directory.add(second)
    assert appeared == ["X:y", "X:y"]


def test_searches_are_answered_where_the_pv_is_here() -> None:
    directory = Directory(5064, lambda name: None)
    directory.add(record("X:y"))
    sought: list[tuple[int, str]] = []
    data = message(wire.VERSION, 1, 13, 77) + b"".join(
        message(wire.SEARCH, 5, 13, number, number, pv.encode() + b"\0")
        for number, pv in enumerate(("X:y", "X:z", "X:y.EGU"))
    )
    frames = Frames(1 << 20)
    frames.feed(directory.datagram(data, lambda number, pv: sought.append((number, pv))))
    answers = list(iter(frames.next, None))
    assert (answers[0].command, answers[0].first) == (wire.VERSION, 77)
    assert [(answer.kind, answer.second) for answer in answers[1:]] == [(5064, 0), (5064, 2)]
    assert sought == [(0, "X:y"), (1, "X:z"), (2, "X:y.EGU")]
    assert directory.datagram(b"nonsense", lambda number, pv: None) == b""
    assert directory.datagram(message(wire.SEARCH, 5, 13, 1, 1, b"\xff\xfe\0"), lambda number, pv: None) == b""


@pytest.mark.parametrize(
    ("vtype", "shown", "put"),
    [
        (VDouble(), "ai", "ao"), (VInt(), "int64in", "int64out"), (VInt(16), "longin", "longout"),
        (VBool(), "bi", "bo"),
        (VEnum(["a"]), "mbbi", "mbbo"), (VString(), "lsi", "lso"), (VArray(VDouble()), "waveform", "waveform"),
    ],
)  # fmt: skip
def test_record_types(vtype: VType[Any], shown: str, put: str) -> None:
    assert (record_type(vtype, False), record_type(vtype, True)) == (shown, put)


def test_a_field_shows_what_is_now_whether_or_not_it_was_asked_for_before() -> None:
    made = record("X:y", VDouble(units="mm"))
    field = made.find("EGU")
    assert field is not None
    assert field.packed(0, 1)[2].startswith(b"mm\0")
    assert made.describe(VDouble(units="um"), 0.0, Alarm(), 0)
    assert field.packed(0, 1)[2].startswith(b"um\0")
    assert made.find("EGU") is field
    assert made.find("NONSENSE") is None
    assert made.find("EGU$") is not None
    assert made.find("HIHI$") is None, "a number is no text"


def test_a_type_of_another_kind_needs_a_new_connection() -> None:
    made = record("X:y")
    assert not made.describe(VString(), "", Alarm(), 0)
    assert made.main.form.kind == 6
