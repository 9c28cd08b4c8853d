"""Puts, parameters with sources, and attributes that come and go (rules 2 to 7, 24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from macduff import (
    Attribute,
    BadValue,
    Device,
    DState,
    MacduffError,
    NotWriteable,
    PausableDevice,
    Process,
    Severity,
    VAction,
    VDouble,
    VInt,
    WrongState,
    publish_method,
)
from macduff.core import SourceContext
from tests.support.play import BACKENDS, Client, Inbox, play

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Echo:
    """A source whose puts come back as readbacks, after a while."""

    writable = True

    def __init__(self, delay: float = 0.0, error: str = "") -> None:
        self.delay = delay
        self.error = error

    def simulated(self) -> Echo:
        return self

    def bind(self, context: SourceContext) -> EchoBinding:
        return EchoBinding(self, context)


class EchoBinding:
    """One attribute's echo; `log` has what was put when."""

    def __init__(self, source: Echo, context: SourceContext) -> None:
        self.source = source
        self.context = context
        self.closed = False

    def start(self) -> None: ...

    def put(self, value: Any, done: Callable[[MacduffError | None], None]) -> None:
        device: Any = self.context.target._device
        device._log_of_puts.append((self.context.attribute, value))

        def answer() -> None:
            if self.source.error:
                done(MacduffError(self.source.error))
                return
            done(None)
            if self.source.delay:
                device._backend_needed().sleep(self.source.delay)
            self.context.update(value, setpoint=value)

        device._backend_needed().spawn(answer, "echo")

    def close(self) -> None:
        self.closed = True


class Camera(PausableDevice):
    """Has parameters with sources, and setters."""

    exposure = Attribute(VDouble(units="s", control=(0, 10)), parameter=True, source=Echo(0.05))
    gain = Attribute(VInt(), parameter=True, source=Echo())
    frames = Attribute(VInt(), 1, parameter=True)
    a = Attribute(VInt(), 0)
    b = Attribute(VInt(), 0)
    fails = Attribute(VInt(), source=Echo(error="the cable fell out"))
    slow = Attribute(VInt(), 0)
    only = Attribute(VInt(), 0, writable=True, only_in=[DState.Ready])
    reboot = Attribute(VAction())
    setting = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._log_of_puts: list[tuple[str, object]] = []
        self._seen: list[tuple[float, int]] = []
        self._reboots = 0
        self._events: list[str] = []

    def handle_event(self, event: str) -> bool:
        self._events.append(event)
        return False

    def do_configure(self) -> None:
        self._seen.append((self.exposure.value, self.gain.value))

    @slow.on_put
    def _set_slow(self, value: int) -> None:
        if value == 13:
            raise ValueError("unlucky")
        self.setting.update(value)
        self.wait(1e6 if value == 1 else 0.01)
        self.slow.update(value)

    @reboot.on_put
    def _reboot(self, _: None) -> None:
        self._reboots += 1

    @publish_method
    def half(self) -> None:
        """One bad value changes nothing."""
        self.update(a=1, b="x")

    @publish_method
    def put_failing(self) -> None:
        """Start a put that fails, and wait."""
        self.start(self.fails.put, 1)
        self.wait(5)


def camera(process: Process) -> Camera:
    device = Camera("CAM")
    process.add(device)
    return device


def test_parameters_with_sources_are_put_together(backend: str) -> None:
    """Rules 7, 24: before do_configure, which sees their readbacks; until the first value they are INVALID."""

    def scenario(process: Process) -> None:
        device = camera(process)
        alarm = device.exposure.alarm
        assert (alarm.severity, alarm.message, device.exposure.value) == (Severity.INVALID, "never connected", 0.0)
        view = process.view("CAM")
        view.configure(exposure=0.5, gain=3)
        assert sorted(device._log_of_puts) == [("exposure", 0.5), ("gain", 3)]
        assert device._seen == [(0.5, 3)]
        assert (device.exposure.alarm.severity, device.exposure.setpoint) == (Severity.NONE, 0.5)
        view.put(exposure=0.7, gain=4, readback=True)  # Ready: one configure with the others as they stand
        assert device._seen == [(0.5, 3), (0.7, 4)]
        assert device._events == ["configure", "configure"]
        assert device.configure.defaults == {"exposure": 0.7, "gain": 4, "frames": 1}
        with pytest.raises(BadValue, match=r"CAM\.exposure: expected"):
            view.put(exposure=11, gain=5)
        assert device.gain.setpoint == 4

    play(backend, scenario, seeds=range(8))


def test_one_bad_value_changes_nothing(backend: str) -> None:
    """Rules 2, 4: of update(**many), of a put of several."""

    def scenario(process: Process) -> None:
        device = camera(process)
        before = device.snapshot()
        with pytest.raises(MacduffError, match=r"CAM\.b: expected"):
            process.view("CAM").half()
        with pytest.raises(MacduffError):
            process.view("CAM").put(slow=2, only="x")
        after = device.snapshot()
        assert {n for n in before if n not in ("state", "status") and before[n] != after[n]} == set()

    play(backend, scenario, seeds=range(3))


def test_setters_that_raise_wait_or_are_aborted(backend: str) -> None:
    """Rules 12, 20, 24."""

    def scenario(process: Process) -> None:
        device = camera(process)
        view, client = process.view("CAM"), Client(process)
        with pytest.raises(MacduffError, match="ValueError: unlucky"):
            view.slow = 13
        assert device.slow.value == 0
        waiting = client.put("CAM", slow=1)
        inbox = Inbox(process)
        process.listen(inbox, "CAM", initial_value=True)
        inbox.until(lambda _: device.setting.value == 1)
        view.slow = 5  # another comes in at its wait
        view.abort()
        assert waiting.kind() == "Aborted"
        assert device.slow.value == 5
        with pytest.raises(WrongState, match=r"CAM\.only: expected Ready, got Aborted") as caught:
            view.only = 3
        assert (caught.value.device, caught.value.member, caught.value.state) == ("CAM", "only", "Aborted")
        assert "reset" in caught.value.allowed
        view.reboot = None
        assert device._reboots == 1
        with pytest.raises(BadValue):
            view.reboot = 3

    play(backend, scenario, seeds=range(8))


def test_a_started_put_that_fails(backend: str) -> None:
    """Rule 14: a started put is a plain future; its error comes out of the next wait."""

    def scenario(process: Process) -> None:
        camera(process)
        with pytest.raises(MacduffError, match="the cable fell out"):
            process.view("CAM").put_failing()

    play(backend, scenario, seeds=range(8))


def test_attributes_come_and_go_while_clients_listen(backend: str) -> None:
    """Rules 3, 5: who listens hears that the fields changed and then every change; afterwards nothing."""

    class Plain(Device):
        _log_of_puts: list[object]

    def scenario(process: Process) -> None:
        device = Plain("P")
        device._log_of_puts = []
        process.add(device)
        inbox, one = Inbox(process), Inbox(process)
        process.listen(inbox, "P", initial_value=True)
        extra = device.add_attribute("extra", Attribute(VInt(), source=Echo()))
        assert list(device.fields)[-3:] == ["extra", "abort", "reset"]
        process.view("P").extra = 3
        inbox.until(lambda items: any("extra" in item[2] for item in items if item[0].name == "Changes"))
        told = [set(item[2]) for item in inbox.items if item[0].name == "Changes"]
        first = [next(n for n, keys in enumerate(told) if key in keys) for key in ("", "extra")]
        assert first[0] <= first[1]
        process.listen(one, "P", "extra")
        binding: Any = extra._binding
        device.remove_attribute("extra")
        assert binding.closed
        with pytest.raises(MacduffError, match="got none of that name"):
            process.view("P").put(extra=4)
        again = device.add_attribute("extra", Attribute(VInt(), 0))
        one.until(lambda items: sum("" in item[2] for item in items) == 2)
        again.update(7)
        one.until(lambda items: any("extra" in item[2] and item[2]["extra"].value == 7 for item in items))
        with pytest.raises(ValueError, match=r"P\.extra: expected a new name"):
            device.add_attribute("extra", Attribute(VInt(), 0))
        with pytest.raises(RuntimeError, match="expected an attribute given by add_attribute"):
            device.remove_attribute("health")

    play(backend, scenario, seeds=range(8))


def test_the_first_value_carries_its_sequence(backend: str) -> None:
    """Rule 5: nothing older follows, while somebody else updates."""

    def scenario(process: Process) -> None:
        device = camera(process)
        first = Inbox(process)
        process.listen(first, "CAM", initial_value=True)

        def count() -> None:
            for value in range(1, 60):
                device.a.update(value)

        task = process.backend.spawn(count, "author")
        inboxes = [Inbox(process) for _ in range(6)]
        for number, inbox in enumerate(inboxes):
            process.listen(inbox, "CAM", initial_value=True, every=bool(number % 2))
        assert task.join(10)
        for inbox in [first, *inboxes]:
            inbox.until(lambda items: bool(items) and device.a.value == 59)
            last = device.a.reading.sequence
            inbox.until(lambda items: items[-1][3] >= last)  # noqa: B023 - called at once
            sequences = [item[3] for item in inbox.items]
            assert sequences == sorted(set(sequences)) or inbox is first

    play(backend, scenario)


def test_a_removed_device_drops_what_its_source_says(backend: str) -> None:
    """Rule 3: dropped and counted."""

    def scenario(process: Process) -> None:
        device = camera(process)
        binding: Any = device.gain._binding
        process.remove("CAM")
        before = device.gain.reading
        binding.context.update(9)
        binding.context.invalid("gone")
        assert device.gain.reading == before
        assert device._dropped == 2

    play(backend, scenario, seeds=range(2))


def test_a_put_of_what_is_read_only_says_what_can_be_put(backend: str) -> None:
    """A client hears what it may do instead; the advice to update is for the device's own code alone."""

    class Knob(Device):
        turned = Attribute(VInt(), 0)
        speed = Attribute(VInt(), 0, writable=True)

        @publish_method
        def turn(self) -> None:
            self.turned.put(1)

    class Bare(Device):
        turned = Attribute(VInt(), 0)

    def scenario(process: Process) -> None:
        process.add(Knob("KNOB"))
        process.add(Bare("BARE"))
        told = r"^KNOB\.turned: expected a writable attribute, got a read-only one; of KNOB can be put: speed$"
        with pytest.raises(NotWriteable, match=told):
            Client(process).put("KNOB", turned=1).result()
        with pytest.raises(NotWriteable, match=r"got a read-only one$"):
            Client(process).put("BARE", turned=1).result()
        with pytest.raises(NotWriteable, match=r"got a read-only one; turned\.update\(value\) says what is true$"):
            process.view("KNOB").turn()

    play(backend, scenario, seeds=range(1))
