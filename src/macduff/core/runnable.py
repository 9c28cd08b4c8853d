"""Devices that are configured, run and paused; authors write the do_ functions that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from ..errors import MacduffError, TimedOut, WrongState
from ..values import VDouble, VInt, VType
from . import events
from .attribute import Attribute
from .blocking import current
from .call import Call
from .device import Device
from .events import event
from .method import Method, MethodSpec, Published
from .putting import begin_put, confirms
from .states import DState
from .waiting import checkpoint, request_child, wait_all
from .watch import wait_for

__all__ = ["ConfigurableDevice", "PausableDevice", "RunnableDevice"]


class ConfigurableDevice(Device):
    """A device with parameters: attributes declared `parameter=True` are the arguments of `configure`."""

    configure_on_put: ClassVar[bool] = False
    """Whether a put of a parameter in Idle configures at once, instead of being kept for `configure`."""

    configure = event(events.configure, dynamic=True)
    _published: ClassVar[Mapping[str, Any]] = {"validate": Published(events.validate, {"busy": "allow"}, dynamic=True)}

    def __init__(self, name: str, *, wire: Any = None, **children: Device) -> None:
        super().__init__(name, wire=wire, **children)
        self._machine.plain = False

    def validate(self, *args: Any, **params: Any) -> Any:
        """Override to refuse parameters (raise) or adjust them (return them, with estimates such as duration)."""
        return params

    def do_configure(self) -> DState | None:
        """Prepare the hardware; the parameters are put already. Returns Ready (Idle when there is nothing to run)."""
        return None

    def _finals(self, event: str) -> tuple[DState, ...]:
        if event == "configure":
            return (DState.Ready,) if isinstance(self, RunnableDevice) else (DState.Idle, DState.Ready)
        return (DState.Ready, DState.Idle) if event == "run" else super()._finals(event)

    @property
    def _parameters(self) -> dict[str, Attribute[Any]]:
        return {name: attribute for name, attribute in self.attributes.items() if attribute.parameter}

    def _with_setpoints(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters: the given ones, the others as they stand."""
        return {name: given.get(name, attribute.setpoint) for name, attribute in self._parameters.items()}

    def _validated(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """In a worker: what validate makes of the parameters."""
        used = self._with_setpoints(given)
        result = dict(type(self).validate(self, **used))
        parameters = self._parameters
        return {name: parameters[name].check_setpoint(result.get(name, value)) for name, value in used.items()}

    def _configure_body(self, parameters: Mapping[str, Any], confirm: Iterable[str] = ()) -> DState | None:
        """In a worker, Configuring: put the parameters, all together, then the author's part.

        confirm: those whose readback is to be waited for first.
        """
        call = current(self)
        mine = self._parameters
        sent = [begin_put(mine[name], value, call) for name, value in parameters.items() if mine[name]._binding]
        self._store({name: value for name, value in parameters.items() if not mine[name]._binding}, call)
        wait_all(self, sent)
        self._await_readbacks({name: value for name, value in parameters.items() if mine[name]._binding}, confirm)
        self._zero_steps()
        return self.do_configure()

    def _await_readbacks(self, sent: Mapping[str, Any], confirm: Iterable[str]) -> None:
        """Readbacks come by another way than the end of a put, so they may come later: the author's part sees them.

        Those to be confirmed are waited for without end, the others a moment: hardware that rounds never confirms.
        """
        mine = self._parameters
        end = self.clock.monotonic() + self._process_needed().limits.readback_wait
        for name, value in sent.items():
            timeout = None if name in confirm else max(0.0, end - self.clock.monotonic())
            with suppress(TimedOut):
                wait_for(mine[name], confirms(mine[name], value), timeout)

    def _store(self, values: Mapping[str, Any], call: Any = None) -> None:
        """New set points, and values where no source says what is."""
        token = call if isinstance(call, Call) else None
        for name, value in values.items():
            attribute = self.attributes[name]
            if attribute._binding is None:
                attribute.apply(value, call=token)
            attribute.ask(value, token)

    def _zero_steps(self) -> None: ...

    def _method_spec(self, method: Method[Any, Any]) -> MethodSpec:
        if method.name not in ("configure", "validate"):
            return super()._method_spec(method)
        spec = self.__dict__.get(f"_{method.name}_spec")
        if spec is None or spec.takes != self._parameter_types():
            spec = self.__dict__[f"_{method.name}_spec"] = self._make_spec(method)
        made: MethodSpec = spec
        return made

    def _parameter_types(self) -> dict[str, VType[Any]]:
        return {name: attribute.vtype for name, attribute in self._parameters.items()}

    def _make_spec(self, method: Method[Any, Any]) -> MethodSpec:
        takes = self._parameter_types()
        returns: dict[str, VType[Any]] = {}
        if method.name == "validate":
            about = "Estimated duration of a run, NaN without an estimate"
            estimates: dict[str, VType[Any]] = {"duration": VDouble(units="s", description=about)}
            written = type(self).validate is not ConfigurableDevice.validate  # ours estimates nothing
            returns = {**takes, **estimates} if written else takes
        return MethodSpec(
            method.name, method.spec.description, takes, (), {}, returns, False,
            busy="allow" if method.name == "validate" else "refuse", event=method.spec.event,
        )  # fmt: skip

    def _defaults(self, method: Method[Any, Any]) -> Mapping[str, Any]:
        if method.name in ("configure", "validate"):
            return self._with_setpoints({})
        return method.spec.defaults


class RunnableDevice(ConfigurableDevice):
    """A configurable device that runs: so many steps, each done once."""

    total_steps = Attribute(VInt(), 0, "Steps of a run")
    completed_steps = Attribute(VInt(), 0, "Steps done so far")
    run = event(events.run)

    def do_run(self) -> DState | None:
        """Do the steps that are left, from `completed_steps` to `total_steps`. Returns Ready or Idle."""
        return None

    def _zero_steps(self) -> None:
        self.completed_steps.update(0)


class PausableDevice(RunnableDevice):
    """A runnable device that can be paused at its checkpoints, rewound and resumed."""

    pause = event(events.pause)
    rewind = event(events.rewind)
    resume = event(events.resume)

    def do_rewind(self, steps: int) -> None:
        """Make ready to do the last `steps` again; the base class counts `completed_steps` down afterwards."""

    def checkpoint(self, timeout: float | None = None) -> None:
        """Where a pause is taken: then this does not return. With a timeout (seconds), a wait that a pause may cut."""
        checkpoint(self, timeout)

    def _stop_body(self, children: list[Device]) -> None:
        """In a worker, Rewinding: pause the children whose runs we started, stop ourselves."""
        futures = [request_child(current(self), "call", child, "pause", {}) for child in children]
        for future in futures:
            future.observe()
        self.do_stop()
        for future in futures:
            try:
                wait_all(self, [future])
            except WrongState:
                continue  # its run ended first
            except MacduffError:
                self.log.warning("a child could not be paused", exc_info=True)
                raise
