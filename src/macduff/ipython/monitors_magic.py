"""`mon`: follow attributes beside the prompt, in the manner of itango's."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from rich.table import Table
from rich.text import Text

from macduff.client import Client, RemoteDevice
from macduff.values.text import clean, time_text

from .magics import add
from .monitors import Change, Followed, Monitors, expanded, path_parts
from .reprs import STYLES, printed, styled

if TYPE_CHECKING:
    from .session import Session, Undo

__all__ = ["Mon", "install"]

SHOWN = 20
"""Changes that `mon` shows when it is not said how many."""
ITANGO = {"-a": "add", "-d": "delete", "-D": "delete all", "-i": "show", "-l": "changes"}
"""What people's fingers know."""
HELP = """Follow attributes: their changes are kept beside the prompt, and alarms that come or go are told at once.

mon                       the last 20 changes
mon X.position            the last 20 changes of it; X or X.* for all of a device
mon add X.position DET    follow these, of a device all its attributes
mon list                  what is followed, with its values of now
mon delete X.position     follow it no longer; mon delete all
mon show 12               the change of that number, whole; mon show X.position: the newest of it
mon clear                 forget the changes

Where changes come faster than they can be followed the newest wins; how many were left out is in the list.
10 000 changes are kept. The -a, -d, -D, -i and -l of itango are taken too.
"""


def install(session: Session) -> Undo:
    """The command; a switch to another server ends what was followed on the one before."""
    monitors = Monitors(lambda line: print(line, flush=True))
    command = Mon(session, monitors)

    def mon(line: str) -> None:
        command(line)

    mon.__doc__ = HELP
    ends = [session.on_switch(command.switched), add(session, mon=mon)]

    def undo() -> None:
        for end in reversed(ends):
            end()
        monitors.close()

    return undo


class Mon:
    """The command, given what was typed behind its name."""

    def __init__(self, session: Session, monitors: Monitors) -> None:
        self.monitors = monitors
        self._session = session
        self._client: Client | None = None
        self._commands: dict[str, Callable[[Sequence[str]], str]] = {
            "add": self.add,
            "delete": self.delete,
            "list": self.list,
            "show": self.show,
            "clear": self.clear,
            "changes": self.changes,
        }

    def __call__(self, line: str) -> None:
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"mon: {error}") from None
        if words and words[0] in ITANGO:
            words[:1] = ITANGO[words[0]].split()
        if words and words[0] in self._commands:
            print(self._commands[words[0]](words[1:]))
        elif words and words[0].startswith("-"):
            raise UsageError(f"mon: expected add, delete, list, show or clear, got {words[0]!r}; `mon?` says more")
        else:
            print(self.changes(words))

    def switched(self, client: Client | None) -> None:
        """What was followed was of the server before."""
        if client is not self._client and self.monitors.followed:
            self.monitors.delete(["all"])
            print("mon: what was followed on the server before is followed no longer")
        self._client = client

    # ---- the commands; each returns what is to be printed

    def add(self, words: Sequence[str]) -> str:
        if not words:
            raise UsageError("mon add: expected DEVICE.ATTRIBUTE or DEVICE, such as `mon add X.position`")
        client = self._session.client
        paths = [path for word in words for path in expanded(client, self._named(word))]
        if not paths:
            raise UsageError(f"mon add: expected what is there, got {' '.join(words)}; `lsdev` shows the devices")
        new = self.monitors.add(client, paths)
        followed = self.monitors.followed
        if not new:
            return "followed already: " + clean(", ".join(paths))
        return table_of([followed[path] for path in new])

    def _named(self, word: str) -> str:
        """A variable of the shell that holds a device stands for the device's name."""
        name, member = path_parts(word)
        thing = self._session.shell.user_ns.get(name)
        if isinstance(thing, RemoteDevice) and name not in self._session.client:
            name = str(thing)
        return f"{name}.{member}" if member else name

    def delete(self, words: Sequence[str]) -> str:
        if not words:
            raise UsageError("mon delete: expected DEVICE.ATTRIBUTE, DEVICE or all")
        gone = self.monitors.delete(["all" if word == "all" else self._known(word) for word in words])
        return (
            f"followed no longer: {clean(', '.join(gone))}" if gone else "nothing of that is followed; see `mon list`"
        )

    def _known(self, word: str) -> str:
        """Also when there is no connection any more."""
        return self._named(word) if self._client is not None else word

    def list(self, words: Sequence[str]) -> str:
        followed = list(self.monitors.followed.values())
        return table_of(followed) if followed else "nothing is followed; `mon add X.position` begins"

    def show(self, words: Sequence[str]) -> str:
        if len(words) != 1:
            raise UsageError("mon show: expected the number of a change, as `mon` shows it, or DEVICE.ATTRIBUTE")
        if words[0].isdigit():
            found = [change for change in self.monitors.changes() if change.number == int(words[0])]
            empty = f"the change {words[0]} is not kept, or not any more"
        else:
            found = self.monitors.changes([self._known(words[0])])
            empty = f"no changes of {clean(words[0])}"
        if not found:
            return empty
        change = found[-1]
        value = f"{change.value} {change.units}".strip()
        lines = [Text.assemble((clean(change.path), "bold"), f"  {value}")]
        lines.append(styled(change.alarm or "no alarm", change.severity))
        return "\n".join(printed(line) for line in [*lines, Text(time_text(change.time, date=True))])

    def clear(self, words: Sequence[str]) -> str:
        self.monitors.clear()
        return "forgotten"

    def changes(self, words: Sequence[str]) -> str:
        found = self.monitors.changes([self._known(word) for word in words])
        if not found:
            empty = "no changes" if self.monitors.followed else "nothing is followed; `mon add X.position` begins"
            return f"no changes of {clean(' '.join(words))}" if words else empty
        return changes_text(found[-SHOWN:], len(found))


def changes_text(changes: Sequence[Change], count: int) -> str:
    """A table of changes, the newest last."""
    table = _table("#", "time", "attribute", "value", "", "alarm")
    for change in changes:
        table.add_row(
            str(change.number),
            time_text(change.time),
            Text(change.path),
            Text(change.value, style=STYLES[change.severity]),
            Text(change.units),
            styled(change.alarm, change.severity) if change.alarm else "",
        )
    more = f"\n{len(changes)} of {count} changes" if count > len(changes) else ""
    return printed(table) + more


def table_of(followed: Sequence[Followed]) -> str:
    """A table of what is followed."""
    table = _table("attribute", "value", "", "since", "changes", "left out", "alarm")
    for each in followed:
        last = each.last
        if last is None:
            table.add_row(Text(each.path), Text("not known yet", style="dim"))
            continue
        table.add_row(
            Text(each.path),
            Text(last.value, style=STYLES[last.severity]),
            Text(last.units),
            time_text(last.time),
            str(each.count),
            str(each.dropped or ""),
            styled(last.alarm, last.severity) if last.alarm else "",
        )
    return printed(table)


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in heads:
        cut = head in ("value", "alarm")
        table.add_column(head, no_wrap=not cut or head == "value", overflow="ellipsis")
    return table
