"""A method of one device that is a command of a Tango device."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...core.method import Method
from ...errors import BadValue, MacduffError, Unreachable
from ...values import Severity, VType
from ..glue import Done, problem, respecified, wait_released
from .commands import ARGUMENT, Command, command_of
from .followed import RETRY, Followed
from .library import TANGO, TangoThread, as_error, is_away

__all__ = ["BoundCommand", "Declared"]

LOG = logging.getLogger("macduff.sources")


@dataclass(frozen=True)
class Declared:
    """What the author says of a command's argument and result; None what the command says itself."""

    takes: VType[Any] | None = None
    returns: VType[Any] | None = None


class BoundCommand:
    """Learns what the command takes and returns, and calls it. `call` in a worker, the rest on the thread of Tango."""

    def __init__(
        self,
        method: Method[Any, Any],
        device: str,
        command: str,
        declared: Declared,
        timeout: float | None,
        simulated: bool,
        simulate: Callable[..., Any] | None,
    ) -> None:
        self._method = method
        self._device, self._name = device, command
        self._declared = declared
        self._timeout = timeout
        self._simulated, self._simulate = simulated, simulate
        self._thread: TangoThread | None = None
        self._followed: Followed | None = None
        self._command: Command | None = None
        self._reason = "never connected"
        self._closed = False
        takes = {} if declared.takes is None else {ARGUMENT: declared.takes}
        returns = {} if declared.returns is None else {"return": declared.returns}
        method.spec = replace(method.spec, takes=takes, required=tuple(takes), returns=returns, unpacked=bool(returns))

    def start(self) -> None:
        if not (self._closed or self._simulated):
            self._thread = thread = TANGO.acquire()
            thread.call(self._begin, thread)

    def close(self) -> None:
        self._closed = True
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.call(self._end)
            thread.release()

    def call(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """In a method of the device; its lock is released while the command runs."""
        method = self._method
        where = f"{method.device.name}.{method.name}"
        if self._simulated:
            return self._simulation(args, kwargs)
        command, thread = self._command, self._thread
        if command is None or thread is None:
            raise Unreachable(f"{where}: expected a command of a device that is there, got {self._reason}")
        given = method.spec.bind(where, method.arguments(args, kwargs))

        def begin(done: Done) -> None:
            thread.call(lambda: thread.spawn(self._carry_out(command, given, where, done)))

        return wait_released(method.device, f"{self._device}/{self._name}", begin)

    def _simulation(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if self._simulate is not None:
            return self._simulate(*args, **kwargs)
        returns = self._declared.returns
        return None if returns is None else returns.zero()

    # the thread of Tango

    def _begin(self, thread: TangoThread) -> None:
        if self._thread is not None:
            self._followed = Followed.of(thread, self._device)
            self._followed.add(self)

    def _end(self) -> None:
        if self._followed is not None:
            self._followed.remove(self)

    def found(self) -> None:
        """The device is there; its command may be another one than before."""
        if self._thread is not None:
            self._thread.spawn(self._learn())

    def lost(self, reason: str) -> None:
        self._command, self._reason = None, reason

    async def _learn(self) -> None:
        followed, method = self._followed, self._method
        key = f"{method.name} of {self._device}"
        if followed is None:
            return
        try:
            info = await followed.ask("get_command_config", self._name)
            command = command_of(info, method.name, (self._declared.takes, self._declared.returns))
        except BadValue as error:
            self._reason = str(error)
        except Exception as error:
            self._reason = as_error(error, f"{self._device}/{self._name}").message
            if is_away(error) and followed.up and self._thread is not None:
                self._thread.loop.call_later(RETRY, self.found)
                return
        else:
            self._command = command
            described = method.spec.description or command.spec.description
            spec = replace(
                method.spec,
                description=described,
                takes=command.spec.takes,
                required=command.spec.required,
                returns=command.spec.returns,
                unpacked=command.spec.unpacked,
            )
            problem(method.device, key)
            if spec != method.spec:
                respecified(method, spec)
            return
        self._command = None
        if followed.up and not self._closed:
            problem(method.device, key, Severity.MAJOR, f"{method.name}: {self._reason}")

    async def _carry_out(self, command: Command, given: Mapping[str, Any], where: str, done: Done) -> None:
        followed = self._followed
        try:
            if followed is None or not followed.up:
                raise Unreachable(f"{where}: expected a device that is there, got {self._reason}")
            raw = command.argument(given, followed.tango, where)
            arguments = (command.name,) if command.types[0] == "DevVoid" else (command.name, raw)
            returned = await followed.ask("command_inout", *arguments, timeout=self._timeout)
            result = command.result(returned, where)
        except MacduffError as error:
            done(None, error)
        except Exception as error:
            done(None, as_error(error, where))
        else:
            done(result, None)
