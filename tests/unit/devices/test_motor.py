"""The ready-made motor."""

from __future__ import annotations

import itertools

import pytest

from macduff import BadValue, DState, Process, Superseded, WrongState
from macduff.devices import Motor
from macduff.devices.motion import Motion
from tests.support.play import BACKENDS, Client, Inbox, play

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def motor(process: Process, velocity: float = 20.0) -> Motor:
    device = Motor("X")
    process.add(device)
    process.view("X").put(velocity=velocity, acceleration=10 * velocity)
    return device


def positions(inbox: Inbox) -> list[float]:
    return [item[2]["position"].value for item in inbox.items if "position" in item[2]]


def test_a_move_ends_exactly_at_its_target_and_takes_its_time(backend: str) -> None:
    def scenario(process: Process) -> None:
        device, clock = motor(process, 5.0), process.backend.clock
        expected = Motion.to(1.1, 0.0, 0.0, 5.0, 50.0).duration
        began = clock.monotonic()
        assert process.view("X").move(1.1) == 1.1
        assert clock.monotonic() - began >= expected - 1e-3
        assert (device.position.value, device.position.setpoint) == (1.1, 1.1)
        assert process.view("X").move(1.1) == 1.1
        assert device.state.value is DState.Idle

    play(backend, scenario)


def test_the_position_is_read_20_to_50_times_a_second(backend: str) -> None:
    def scenario(process: Process) -> None:
        motor(process, 4.0)
        inbox = Inbox(process)
        process.listen(inbox, "X", "position", every=True)
        process.view("X").move(2.0)  # 0.6 s at least
        seen = positions(inbox)
        assert seen == sorted(seen)
        assert len(seen) <= 0.6 * 50
        if backend == "simulated":  # elsewhere the machine may be busy with something else
            assert len(seen) >= 0.6 * 20

    play(backend, scenario)


def test_a_later_move_takes_over_without_a_jump(backend: str) -> None:
    """Rule 12: the first ends with Superseded."""

    def scenario(process: Process) -> None:
        motor(process)
        client, inbox = Client(process), Inbox(process)
        process.listen(inbox, "X", "position", every=True)
        first = client.call("X", "move", target=9.0)
        inbox.until(lambda _: positions(inbox)[-1:] > [1.0])
        second = client.call("X", "move", target=-1.0)
        with pytest.raises(Superseded):
            first.result()
        assert second.result() == -1.0
        if backend == "simulated":  # time goes by in steps of 0.12 s at most
            seen = positions(inbox)
            assert max(abs(b - a) for a, b in itertools.pairwise(seen)) <= 20.0 * 0.25

    play(backend, scenario)


def test_a_target_beyond_the_limits_is_refused_and_the_move_under_way_goes_on(backend: str) -> None:
    """Design 13: a refused request changed nothing."""

    def scenario(process: Process) -> None:
        device = motor(process)
        client, inbox = Client(process), Inbox(process)
        process.listen(inbox, "X", "position")
        first = client.call("X", "move", target=4.0)
        inbox.until(lambda _: positions(inbox)[-1:] > [0.0])
        with pytest.raises(BadValue, match=r"X\.move\(target\): expected a value from -10 to 10 mm, got 11"):
            client.call("X", "move", target=11.0).result()
        assert first.result() == 4.0
        assert device.position.setpoint == 4.0

    play(backend, scenario)


def test_stop_ends_a_move_gently(backend: str) -> None:
    """The move returns where it came to rest, which is where braking from that speed leads."""

    def scenario(process: Process) -> None:
        device = motor(process)
        client, inbox = Client(process), Inbox(process)
        process.listen(inbox, "X", "position")
        move = client.call("X", "move", target=10.0)
        inbox.until(lambda _: positions(inbox)[-1:] > [1.0])
        before = device.position.value
        assert client.call("X", "stop").result() is None
        rest = move.result()
        assert before < rest < 10.0
        assert device.position.value == rest
        process.backend.sleep(0.1)
        assert (device.position.value, device.state.value) == (rest, DState.Idle)
        process.view("X").stop()  # at rest there is nothing to do
        assert device.position.value == rest

    play(backend, scenario)


def test_an_abort_stops_it_where_it_is(backend: str) -> None:
    """Rule 20."""

    def scenario(process: Process) -> None:
        device = motor(process)
        client, inbox = Client(process), Inbox(process)
        process.listen(inbox, "X", "position")
        move = client.call("X", "move", target=10.0)
        inbox.until(lambda _: positions(inbox)[-1:] > [1.0])
        stop = client.call("X", "stop")
        assert client.call("X", "abort").kind() == "ok"
        assert move.kind() in ("Aborted", "ok")  # stop may have been quicker
        assert stop.kind() in ("Aborted", "ok")
        rest = device.position.value
        process.backend.sleep(0.1)
        assert (device.position.value, device.state.value) == (rest, DState.Idle)
        assert client.call("X", "move", target=rest - 0.5).result() == rest - 0.5

    play(backend, scenario)


def test_limits_are_seen_everywhere(backend: str) -> None:
    """As attributes, as the control limits of the position, and of what `move` takes."""

    def scenario(process: Process) -> None:
        device = motor(process, 200.0)
        inbox = Inbox(process)
        process.listen(inbox, "X")
        view = process.view("X")
        view.high_limit = 30.0
        inbox.until(lambda items: any("position.meta" in item[2] for item in items))
        for vtype in (device.position.vtype, device.move.takes["target"]):
            assert getattr(vtype, "control", None) == (-10.0, 30.0)
        assert view.move(20.0) == 20.0
        with pytest.raises(BadValue, match="low limit below the high limit, got 31 and 30 mm"):
            view.low_limit = 31.0
        assert (view.low_limit, view.high_limit) == (-10.0, 30.0)
        move = Client(process).call("X", "move", target=-10.0)
        with pytest.raises(WrongState):
            view.high_limit = 40.0
        assert move.result() == -10.0

    play(backend, scenario)


def test_it_starts_within_its_limits(backend: str) -> None:
    assert Motor("X", low=5.0, high=7.0).position.value == 5.0
    assert Motor("X", low=-5.0, high=-3.0).position.value == -3.0
    with pytest.raises(BadValue):
        Motor("X", low=1.0, high=0.0)
