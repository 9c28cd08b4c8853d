"""`macduff check FILE`: every fault of a configuration, or of a Python file of devices, with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter

from . import exits
from .output import Output, write

if TYPE_CHECKING:
    from ..config import Fault

__all__ = ["check", "told"]

T = TypeVar("T")


def check(
    file: Path,
    /,
    *,
    read_only: Annotated[bool, Parameter(negative=(), help="check as `serve --read-only` would")] = False,
    insecure: Annotated[bool, Parameter(negative=(), help="check as `serve --insecure` would")] = False,
    output: Output = "text",
) -> int:
    """Find what is wrong in a file without running a device; exit code 1 if there is something.

    Parameters
    ----------
    file
        A configuration (YAML), or a Python file with device classes (its name ends in .py).
    """
    from ..config import ConfigurationError, read
    from ..config.python import check_python

    faults: list[Fault] = []
    more = ""
    try:
        if file.suffix == ".py":
            faults = check_python(file)
        else:
            plan = read(file, read_only=read_only, insecure=insecure)
            more = "" if plan.servers else "; but it names no server, and to serve it needs one: servers: {web: {}}"
    except ConfigurationError as error:
        faults = list(error.faults)
    except OSError as error:
        raise exits.Usage(f"{file}: expected a file to read, got {error.strerror}") from None
    write(
        output, (fault._asdict() for fault in faults), lambda fault: "{file}:{line}:{column}: {message}".format(**fault)
    )
    if faults:
        exits.say(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in {file}")
        return exits.FAILED
    exits.say(f"{file} is good{more}")
    return exits.OK


def told(read: Callable[[], T]) -> T | None:
    """What `read` gives; None when the file has faults, which were printed, as messages."""
    from ..config import ConfigurationError

    try:
        return read()
    except ConfigurationError as error:
        exits.say("the configuration has faults:\n" + str(error))
        return None
    except OSError as error:
        raise exits.Usage(f"{error.filename}: expected a file to read, got {error.strerror}") from None
