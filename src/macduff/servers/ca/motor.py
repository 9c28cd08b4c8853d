"""A motor as a motor record would look, so that clients made for those can move it.

A device counts as a motor when it has `position` (a float), `velocity` (a number), `state`, a method `stop` that needs
no arguments, and either a method `move` with one required argument, a number, or a `position` that can be put. It has a
record of the device's own name. What a motor record has and such a device has not is constant: no offset, no direction
of its own, no limit switch, steps of the size that the precision shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from macduff.convert.names import device_prefix
from macduff.errors import BadValue
from macduff.protocol.model import AttributeModel, DeviceModel, FieldModel, MethodModel
from macduff.values import VDouble, VEnum, VInt, VNumber

from .fields import TEXT, described
from .pv import Done, Put
from .record import Field, Fields, Record

if TYPE_CHECKING:
    from .site import Site

__all__ = ["MotorRecord", "as_method", "motor_parts"]

FLAG = VInt(16)
_BUSY = ("Running", "Configuring", "Rewinding", "Aborting", "Resetting")
_FOFF, _SET, _DIR = VEnum(["Variable", "Frozen"]), VEnum(["Use", "Set"]), VEnum(["Pos", "Neg"])


@dataclass(frozen=True)
class MotorParts:
    """The members that make a device a motor. move: None when the position is put."""

    device: DeviceModel
    position: AttributeModel
    velocity: AttributeModel
    state: AttributeModel
    stop: MethodModel
    move: MethodModel | None
    acceleration: AttributeModel | None
    low: AttributeModel | None
    high: AttributeModel | None


def as_method(field: FieldModel | None) -> MethodModel | None:
    """The field where it is a method. By the one member that tells: to compare all of them takes 50 us."""
    return cast("MethodModel", field) if hasattr(field, "takes") else None


def motor_parts(device: DeviceModel) -> MotorParts | None:
    """The parts of a device that is a motor, else None."""
    fields = device.fields

    def attribute(name: str) -> AttributeModel | None:
        found = fields.get(name)
        return None if found is None or as_method(found) is not None else cast("AttributeModel", found)

    def number(name: str) -> AttributeModel | None:
        found = attribute(name)
        return found if found is not None and isinstance(found.vtype, VNumber) else None

    position, velocity, state = number("position"), number("velocity"), attribute("state")
    stop, move = as_method(fields.get("stop")), as_method(fields.get("move"))
    if position is None or velocity is None or position.vtype.python_type is not float:
        return None
    if state is None or stop is None or stop.required:
        return None
    if move is not None and (len(move.required) != 1 or not isinstance(move.takes[move.required[0]], VNumber)):
        move = None
    if move is None and not position.writable:
        return None
    limits = [found if found is not None and found.writable else None for found in map(number, _LIMITS)]
    return MotorParts(device, position, velocity, state, stop, move, number("acceleration"), *limits)


_LIMITS = ("low_limit", "high_limit")


class MotorRecord:
    """The record DEVICE: VAL and what goes with it."""

    def __init__(self, site: Site, name: str, parts: MotorParts) -> None:
        self._site = site
        self._device = name
        self._parts = parts
        self._moves = 0
        self._moving = False
        self._open()

    def _open(self) -> None:
        parts, site = self._parts, self._site
        put = self._put_target if not site.read_only else None
        self._record = Record(
            device_prefix(self._device, site.process.name), parts.position.vtype, self._fields, put,
            writeable=not site.read_only, rtyp="motor",
        )  # fmt: skip
        self._show()
        site.directory.add(self._record)

    def is_of(self, parts: MotorParts) -> bool:
        """Whether the parts are those that are shown."""
        mine = vars(self._parts)
        return all(mine[name] is part for name, part in vars(parts).items())

    def follow(self, together: Mapping[str, Mapping[str, Any]]) -> None:
        """Position first, then that it moves no more: who waits for the second reads the first."""
        if "meta" in together.get("position", ()):
            reading = self._parts.position.reading
            if not self._record.describe(
                self._parts.position.vtype, self._parts.position.setpoint, reading.alarm, reading.time
            ):
                self.close()
                self._open()
        self._show()

    def close(self) -> None:
        self._site.directory.remove(self._record)

    def _show(self) -> None:
        position = self._parts.position
        reading, asked = position.reading, position.setpoint
        self._record.show(asked, reading.alarm, reading.time, 0 if asked == self._record.main.value else 3)
        state = self._parts.state
        moving = self._moves > 0 or state.vtype.to_json(state.reading.value) in _BUSY
        if moving != self._moving:
            self._moving = moving
            self._record.refresh()

    # puts

    def _put_target(self, value: Any, origin: str, done: Done) -> None:
        parts, follower = self._parts, self._site.follower
        try:
            target = parts.position.vtype.validate_setpoint(value, f"{self._device}.position")
        except BadValue as error:
            done(error)
            return

        def ended(outcome: Any) -> None:
            self._moves -= 1
            self._show()
            done(outcome.error)

        self._moves += 1
        self._show()  # a move of no length has a beginning and an end too
        if parts.move is None:
            follower.put(self._device, {"position": target}, ended, origin=origin)
        else:
            follower.call(self._device, "move", {parts.move.required[0]: target}, ended, origin)

    def _stop(self, value: Any, origin: str, done: Done) -> None:
        if value:
            self._site.follower.call(self._device, "stop", {}, lambda outcome: done(outcome.error), origin)
        else:
            done(None)

    def _puts(
        self, attribute: AttributeModel | None, convert: Callable[[Any], Any] = lambda value: value
    ) -> Put | None:
        """The put of a field that sets an attribute."""
        if attribute is None or not attribute.writable or self._site.read_only:
            return None
        name = attribute.name

        def put(value: Any, origin: str, done: Done) -> None:
            self._site.follower.put(
                self._device, {name: convert(value)}, lambda outcome: done(outcome.error), origin=origin
            )

        return put

    # fields

    def _fields(self, record: Record) -> Fields:
        device = self._parts.device
        standard = described(lambda: device.description)(record)

        def field(name: str) -> Field | None:
            if name in _CONSTANTS:
                vtype, value = _CONSTANTS[name]
                return Field(vtype, lambda: value)
            return self._live(name) or standard(name)

        return field

    def _live(self, name: str) -> Field | None:
        parts = self._parts
        position, velocity, acceleration = parts.position, parts.velocity, parts.acceleration
        number, speed = position.vtype, velocity.vtype
        if name in ("RBV", "DRBV"):
            return Field(number, lambda: position.reading.value)
        if name == "DVAL":
            return Field(number, lambda: position.setpoint, self._record.main.put)
        if name == "DMOV":
            return Field(FLAG, lambda: int(not self._moving))
        if name == "MOVN":
            return Field(FLAG, lambda: int(self._moving))
        if name == "STOP":
            return Field(FLAG, lambda: 0, None if self._site.read_only else self._stop)
        if name == "TDIR":
            return Field(FLAG, lambda: int(position.setpoint >= position.reading.value))
        if name in ("HLM", "DHLM"):
            return Field(number, lambda: self._limit(1), self._puts(parts.high))
        if name in ("LLM", "DLLM"):
            return Field(number, lambda: self._limit(0), self._puts(parts.low))
        if name == "VELO":
            return Field(speed, lambda: velocity.setpoint, self._puts(velocity))
        if name == "VMAX":
            return Field(speed, lambda: _most(velocity))
        if name in ("MRES", "ERES", "UREV"):
            return Field(VDouble(precision=getattr(number, "precision", None)), lambda: _step(position))
        if name == "ACCL":
            if acceleration is None:
                return Field(VDouble(units="s"), lambda: 0.0)
            return Field(
                VDouble(units="s", precision=3), lambda: _ratio(velocity.setpoint, acceleration.setpoint),
                self._puts(acceleration, lambda seconds: _ratio(velocity.setpoint, seconds)),
            )  # fmt: skip
        return None

    def _limit(self, end: int) -> float:
        """0 and 0 is what a motor record says that has no limits."""
        limits = getattr(self._parts.position.vtype, "control", None)
        if limits is None:
            return 0.0
        return float(limits[end]) if limits[end] is not None else (-math.inf, math.inf)[end]


_CONSTANTS: dict[str, tuple[Any, Any]] = {
    "OFF": (VDouble(), 0.0), "DIR": (_DIR, "Pos"), "FOFF": (_FOFF, "Frozen"), "SET": (_SET, "Use"), "HLS": (FLAG, 0),
    "LLS": (FLAG, 0), "HOMF": (FLAG, 0), "HOMR": (FLAG, 0), "SREV": (VInt(32), 1), "RDBD": (VDouble(), 0.0),
    "VBAS": (VDouble(), 0.0), "OUT": (TEXT, ""),
}  # fmt: skip


def _most(velocity: AttributeModel) -> float:
    """The highest velocity that can be put; the one that is set where there is no such limit."""
    control = getattr(velocity.vtype, "control", None)
    return float(velocity.setpoint if control is None or control[1] is None else control[1])


def _step(position: AttributeModel) -> float:
    precision = getattr(position.vtype, "precision", None)
    return float(10.0 ** -(precision if precision is not None else 6))


def _ratio(above: float, below: float) -> float:
    """Seconds to velocity from acceleration, and back; what is not above 0 gives 0, which an acceleration refuses."""
    return above / below if below > 0 else 0.0
