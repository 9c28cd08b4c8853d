"""`macduff shell`: IPython with a server's devices in it."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Annotated, Any

from cyclopts import Parameter

from ..errors import MacduffError
from . import exits
from .remote import DEFAULT_ADDRESS, DEFAULT_TIMEOUT, Address, Timeout

__all__ = ["shell"]


def shell(
    server: str = "",
    /,
    *,
    command: Annotated[str, Parameter(name=("--command", "-c"), help="run this and end, instead of asking")] = "",
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> int:
    """Start IPython, connected: devices as variables, completion, and the commands lsdev, lserr, mon, switch.

    Parameters
    ----------
    server
        Where to connect; the address when it is not given.
    """
    application = _application()
    from ..ipython.extension import load
    from ..ipython.switching import announce, connect_to

    session = load(application.shell)
    application.shell.extension_manager.loaded.add("macduff.ipython")  # so that %unload_ext takes it back
    try:
        try:
            connect_to(session, server or address, timeout)
        except ValueError as error:
            raise exits.Usage(str(error)) from None
        if command:
            return _run(application, command)
        print(f"macduff: {announce(session)}\nTab completes; lsdev lists the devices, lserr tells the last error.")
        application.start()
        return exits.OK
    finally:
        session.close()


def _application() -> Any:
    """IPython as its user has set it up, ready to start; without a word of its own."""
    try:
        from IPython.terminal.ipapp import TerminalIPythonApp
        from traitlets.config import Config
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("IPython", "traitlets"):
            raise
        raise exits.Failure("the shell needs IPython, which is not installed: pip install 'macduff[shell]'") from None
    config = Config()
    config.TerminalIPythonApp.display_banner = False
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        config.InteractiveShell.colors = "nocolor"
    application: Any = TerminalIPythonApp.instance(config=config)
    application.initialize(argv=[])
    return application


def _run(application: Any, command: str) -> int:
    """Run one cell; what its end means for whoever asked. What went wrong is told on standard error."""
    application.shell._showtraceback = _tell
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "To exit: use", UserWarning)
        result = application.shell.run_cell(command, store_history=False)
    raised = result.error_before_exec or result.error_in_exec
    if raised is None:
        return exits.OK
    if isinstance(raised, SystemExit):
        return raised.code if isinstance(raised.code, int) else exits.OK if raised.code is None else exits.FAILED
    if isinstance(raised, KeyboardInterrupt):
        return exits.INTERRUPTED
    from ..ipython.failures import macduff_error

    error: MacduffError | None = macduff_error(raised)
    return exits.FAILED if error is None else exits.code_of(error)


def _tell(kind: type[BaseException], error: BaseException, lines: list[str]) -> None:
    """In place of IPython's own way, which is standard output."""
    if kind is SystemExit:
        lines = [error.code] if isinstance(error, SystemExit) and isinstance(error.code, str) else []
    if lines:
        print("\n".join(lines), file=sys.stderr)
