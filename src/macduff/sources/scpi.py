"""Attributes behind a query and a command of an instrument on a wire."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..core import SourceContext
from ..errors import BadValue, MacduffError
from .agenda import Job, Step
from .glue import placed
from .polls import Poll
from .replies import parse_reply, unquoted
from .simulation import Behaviour, Simulated
from .texts import command_text, fill
from .wire import Wire

__all__ = ["Scpi"]

PutDone = Callable[[MacduffError | None], None]


class Scpi:
    """A query that reads the attribute and a command that puts it: `Scpi("VOLT? (@{n})", "VOLT {value},(@{n})")`.

    The constructor's arguments fill `{n}`; `{value}` is written as SCPI does, `{value:.3f}` as Python formats it,
    `{value:q}` in quotes. The query is asked when the instrument is there, after each command, and every `period`
    seconds where that is given. None for a query: the value is what was put. None for a command: read-only.

    parse: makes the value of a reply, instead of the type's own reading. format: makes the text for `{value}`.
    ack: what the instrument answers to the command, "" for anything; None: nothing. timeout: seconds for a reply, else
    the wire's. simulate: initial value, or behaviour, under `simulate: true`.
    """

    def __init__(
        self,
        query: str | None,
        command: str | None = None,
        *,
        period: float | None = None,
        parse: Callable[[str], Any] | None = None,
        format: Callable[[Any], str] | None = None,
        ack: str | None = None,
        timeout: float | None = None,
        simulate: object | Behaviour = None,
    ) -> None:
        if query is None and command is None:
            raise ValueError("Scpi: expected a query or a command, got none of them")
        if period is not None and (query is None or not period > 0):
            raise ValueError(f"Scpi(period): expected seconds above 0, and a query, got {period!r} and {query!r}")
        self.query = query
        self.command = command
        self.period = period
        self.parse = parse
        self.format = format
        self.ack = ack
        self.timeout = timeout
        self.simulate = simulate

    @property
    def writable(self) -> bool:
        return self.command is not None

    def bind(self, context: SourceContext) -> ScpiBinding:
        where = f"{context.device}.{context.attribute}"
        if not isinstance(context.wire, Wire):
            raise TypeError(
                f"{where}: expected a device with a wire, such as super().__init__(name, wire=Tcp(address)), "
                f"got {context.wire!r}"
            )
        return ScpiBinding(self, context, context.wire, where)

    def simulated(self) -> Simulated:
        return Simulated(self.writable, self.simulate)

    def __repr__(self) -> str:
        command = "" if self.command is None else f", {self.command!r}"
        period = "" if self.period is None else f", period={self.period:g}"
        return f"Scpi({self.query!r}{command}{period})"


class ScpiBinding:
    """A Scpi source of one attribute."""

    def __init__(self, source: Scpi, context: SourceContext, wire: Wire, where: str) -> None:
        self._source = source
        self._context = context
        self._wire = wire
        self._where = where
        self._query = None if source.query is None else fill(source.query, context.arguments, where)
        self._closed = False
        self._poll: Poll | None = None
        if self._query is not None:
            wire.check_line(self._query)
            self._poll = Poll(
                self._query, source.period, source.timeout, self._answered, self._failed, context.invalid
            )  # fmt: skip

    def start(self) -> None:
        if self._poll is not None and not self._closed:
            self._wire.add_poll(self._poll)

    def close(self) -> None:
        self._closed = True
        if self._poll is not None:
            self._wire.remove_poll(self._poll)

    def put(self, value: Any, done: PutDone) -> None:
        try:
            steps = self._steps(value)
        except BadValue as error:
            done(placed(error, self._context))
            return
        self._wire.submit(Job(steps, partial(self._was_put, value, done), self._source.timeout))

    def poll_now(self) -> None:
        """Ask the query, whatever its period."""
        if self._query is not None:
            self._wire.submit(Job([(self._query, True)], self._was_asked, self._source.timeout))

    def _steps(self, value: Any) -> list[Step]:
        source = self._source
        if source.command is None:
            raise BadValue(f"{self._where}: expected an attribute with a command, got one with a query alone")
        shown = value if source.format is None else self._formatted(source.format, value)
        text = command_text(source.command, self._context.arguments, shown, self._where)
        self._wire.check_line(text)
        steps: list[Step] = [(text, source.ack is not None)]
        if self._query is not None:
            steps.append((self._query, True))
        return steps

    def _formatted(self, format: Callable[[Any], str], value: Any) -> str:
        try:
            return format(value)
        except Exception as error:
            raise BadValue(f"{self._where}: format raised {type(error).__name__}: {error}, given {value!r}") from error

    def _was_put(self, value: Any, done: PutDone, replies: list[str], error: MacduffError | None) -> None:
        """The end of a put, on the wire's thread; BadValue tells the wire that it is out of step."""
        if error is None:
            try:
                self._confirm(value, replies)
            except BadValue as problem:
                self._failed(problem)
                done(placed(problem, self._context))
                raise
        done(None if error is None else placed(error, self._context))

    def _confirm(self, value: Any, replies: list[str]) -> None:
        source = self._source
        if source.ack is not None:
            answer = replies.pop(0).strip()
            if source.ack and source.ack not in (answer, unquoted(answer)):
                raise BadValue.of(f"{self._where} ({source.command})", f"the answer {source.ack!r}", answer)
        if replies:
            self._answered(replies[0])
        else:
            self._context.update(value)

    def _was_asked(self, replies: list[str], error: MacduffError | None) -> None:
        if error is not None:
            self._failed(error)
            return
        try:
            self._answered(replies[0])
        except BadValue as problem:
            self._failed(problem)
            raise

    def _answered(self, reply: str) -> None:
        where = f"{self._where} ({self._query})"
        self._context.update(parse_reply(reply, self._context.vtype, where, self._source.parse))

    def _failed(self, error: MacduffError) -> None:
        self._context.invalid(str(error))
