"""One command on Tango: its argument becomes the method's, its outcome the answer, or NAME_result tells (rule 38)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tango

from macduff.convert.tango import command_form, from_json_text, to_json_text
from macduff.core import Outcome
from macduff.errors import BadValue, MacduffError, NotFound, TimedOut
from macduff.protocol.model import MethodModel, SEvent

from .failing import failure, origin_of
from .pending import WAIT
from .shape import CommandShape

if TYPE_CHECKING:
    from .mirror import TangoMirror
    from .shown import ResultModel, ShownAttribute

__all__ = ["Command"]


class Command:
    """A command of one device; `run` is called in Tango's threads, under the monitor of its Tango device."""

    def __init__(self, mirror: TangoMirror, shape: CommandShape) -> None:
        self.mirror = mirror
        self.shape = shape
        self.result: ShownAttribute | None = None
        self._calls = 0

    @property
    def where(self) -> str:
        return f"{self.mirror.model.name}.{self.shape.member}"

    def _method(self) -> MethodModel:
        method = self.mirror.model.fields.get(self.shape.member)
        if not isinstance(method, MethodModel):
            raise NotFound(f"{self.where}: expected a method, got none of that name any more")
        return method

    def run(self, device: Any, argument: Any = None) -> Any:
        """What the client gets, or DevFailed."""
        try:
            if self.shape.style == "action":
                return self.mirror.put(device, self.shape.member, None)
            method = self._method()
            parameters = self.parameters(method, argument)
            if self.shape.slow:
                return self._begin(device, parameters)
            return self.answer(method, self._outcome(device, parameters))
        except tango.DevFailed:
            raise
        except Exception as error:
            raise failure(error, self.where) from None

    # there and back

    def parameters(self, method: MethodModel, argument: Any) -> dict[str, Any]:
        """The method's arguments, by name, as our types give their verdict on them."""
        takes = method.takes
        if self.shape.style == "single":
            ((name, vtype),) = takes.items()
            return {name: command_form(vtype).back(argument, f"{self.where}({name})")}
        if self.shape.style == "none" or not argument.strip():
            return {}
        given = from_json_text(argument, self.where)
        if isinstance(given, list):
            if len(given) > len(takes):
                raise BadValue(f"{self.where}: expected at most {len(takes)} arguments, got {len(given)}")
            given = dict(zip(takes, given, strict=False))
        if not isinstance(given, dict):
            raise BadValue.of(self.where, "a JSON object of arguments by name, or a list of them", argument)
        return {
            name: takes[name].from_json(value, f"{self.where}({name})") if name in takes else value
            for name, value in given.items()
        }

    def answer(self, method: MethodModel, value: Any) -> Any:
        """What the method returned, as the command's Tango type."""
        returns = method.returns
        if not returns:
            return None
        if method.unpacked:
            return command_form(returns["return"]).out(value)
        return to_json_text(self._plain(returns, value))

    @staticmethod
    def _plain(returns: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
        return {name: vtype.to_json(value[name]) for name, vtype in returns.items()}

    # waiting for it

    def _outcome(self, device: Any, parameters: Mapping[str, Any]) -> Any:
        mirror, member = self.mirror, self.shape.member
        with mirror.waiters.one() as pending:
            mirror.host.follower.call(
                mirror.model.name, member, parameters, mirror.behind(pending.finish), origin_of(device)
            )
            outcome = pending.wait(device)
        if outcome is None:
            raise TimedOut(
                f"{self.where}: expected an end within {WAIT:g} s, got none yet; it goes on, State and Status tell. "
                "Declared slow=True it would answer at once",
                device=mirror.model.name, member=member,
            )  # fmt: skip
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    # not waiting for it

    def _begin(self, device: Any, parameters: Mapping[str, Any]) -> int:
        """Returns the number of the call once it was accepted; what is refused is an error."""
        mirror, name, member = self.mirror, self.mirror.model.name, self.shape.member
        number, accepted = 0, False
        early: list[Outcome] = []

        def ended(outcome: Outcome) -> None:
            if accepted:
                self._tell_end(number, outcome)
            else:
                early.append(outcome)
                if outcome.error is not None:
                    pending.finish(outcome)

        def begun(_: object) -> None:
            nonlocal number, accepted
            if early and early[0].error is not None:
                return
            accepted = True
            self._calls = number = self._calls + 1
            self._tell({"call": number, "state": "running"})
            pending.finish(Outcome(number))
            if early:
                self._tell_end(number, early[0])

        with mirror.waiters.one() as pending:
            mirror.host.follower.call(name, member, parameters, mirror.behind(ended), origin_of(device))
            self._behind_decision(name, begun)
            outcome = pending.wait(device)
        if outcome is None:
            raise TimedOut(f"{self.where}: expected a decision within {WAIT:g} s, got none yet", device=name)
        if outcome.error is not None:
            raise outcome.error
        return number

    def _behind_decision(self, device: str, then: Callable[[object], None]) -> None:
        """Have something done in the server's thread once the Process has decided on what was asked before."""
        host = self.mirror.host
        try:
            listener = host.process.listen(_Decided(lambda: host.follower.later(then)), device, "state", True)
        except NotFound:
            host.follower.later(then)
        else:
            host.process.unlisten(listener)

    def _tell_end(self, number: int, outcome: Outcome) -> None:
        if number != self._calls:
            return  # a later one is told of
        error: MacduffError | None = outcome.error
        if error is not None:
            told = {"kind": error.kind, "message": error.message}
            self._tell({"call": number, "state": "failed", "error": told}, failed=True)
            return
        method = self._method()
        value: Any = None
        if method.returns:
            plain = {"return": outcome.value} if method.unpacked else outcome.value
            value = self._plain(method.returns, plain)
            value = value["return"] if method.unpacked else value
        self._tell({"call": number, "state": "done", "value": value})

    def _tell(self, told: dict[str, Any], *, failed: bool = False) -> None:
        if self.result is not None:
            model: ResultModel = self.result.model  # type: ignore[assignment]  # results have no other
            self.result.push(model.tell(told, self.mirror.host.time_ns(), failed=failed))


class _Decided:
    """A listener's queue that hears one thing: that the Process has come to it, and so past what was asked before."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.then = then

    def put(self, item: tuple[Any, ...]) -> None:
        if item[0] in (SEvent.Value, SEvent.Removed):
            self.then()
