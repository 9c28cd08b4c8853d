"""The commands and where each lives; a command's module is imported when it is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import cyclopts

from ..errors import MacduffError
from . import exits

__all__ = ["make_app", "run"]

COMMANDS = {
    "serve": ("serving:serve", "Serve the devices of a configuration file until SIGTERM or Ctrl-C."),
    "demo": ("demo:demo", "Serve a simulated laboratory."),
    "check": ("checking:check", "Find what is wrong in a file without running a device."),
    "list": ("looking:list_devices", "The devices of a server."),
    "info": ("looking:info", "Attributes and methods of a device."),
    "get": ("getting:get", "Values of attributes."),
    "put": ("acting:put", "Write an attribute and wait until it is done."),
    "call": ("acting:call", "Call a method and wait for its result; Ctrl-C aborts it."),
    "monitor": ("monitoring:monitor", "Values as they change, until Ctrl-C."),
    "history": ("past:history", "What an attribute was."),
    "shell": ("shell:shell", "IPython with the devices in it."),
    "stubs": ("stubs:stubs", "Type stubs of a server's devices, for editors and type checkers."),
}
"""Command: where its function is, and the line in the list of commands."""


def make_app() -> cyclopts.App:
    """The command line, with nothing of macduff imported yet."""
    app = cyclopts.App(
        name="macduff",
        help="Devices of a laboratory: serve them, look at them, drive them.",
        version=_version,
        help_format="plaintext",
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    for name, (place, summary) in COMMANDS.items():
        app.command(f"macduff.cli.{place}", name=name, help=summary)
    return app


def _version() -> str:
    from importlib.metadata import version

    return f"macduff {version('macduff')}"


def run(tokens: Sequence[str] | None = None) -> int:
    """Run a command line; what it means for the shell."""
    app = make_app()
    try:
        result: Any = app(tokens)
        sys.stdout.flush()
        return result if isinstance(result, int) else exits.OK
    except cyclopts.CycloptsError as error:
        chain = " ".join(("macduff", *(error.command_chain or ())))
        exits.say(f"{str(error).strip()}\nSee {chain} --help")
        return exits.USAGE
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough (head, less): no error. Nothing may be flushed to it any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.OK
    except (MacduffError, exits.Failure) as error:
        exits.say(str(error))
        return exits.code_of(error)
